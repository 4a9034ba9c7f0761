package io.resilver.spi.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** R52 and section 1 of the design: continuity is proved, never assumed. */
class EntryBatchTest {
    private static final LineageElement FIRST = new LineageElement(1, Optional.empty(), 1);
    private static final LineageElement SECOND = new LineageElement(3, Optional.empty(), 11);

    @Test
    void aBatchKnowsItsLastEntryAndItsBytes() {
        EntryBatch batch = batch(EntryId.NONE, entry(5, 1, 3), entry(10, 1, 0), entry(15, 3, 4));
        assertThat(batch.last()).isEqualTo(new EntryId(15, 3));
        assertThat(batch.payloadBytes()).isEqualTo(7);
        assertThat(batch.isEmpty()).isFalse();
    }

    @Test
    void anEmptyBatchEndsWhereItBegins() {
        EntryBatch batch = batch(new EntryId(7, 1));
        assertThat(batch.last()).isEqualTo(new EntryId(7, 1));
        assertThat(batch.isEmpty()).isTrue();
        assertThat(batch.payloadBytes()).isZero();
    }

    @Test
    @DisplayName("R52: LSNs rise strictly from the entry before on, and epochs never fall")
    void entriesThatDoNotFollowAreRefused() {
        refused(new EntryId(5, 1), entry(5, 1, 1));
        refused(new EntryId(5, 1), entry(4, 1, 1));
        refused(EntryId.NONE, entry(5, 1, 1), entry(5, 1, 1));
        refused(new EntryId(11, 3), entry(12, 1, 1));
        refused(EntryId.NONE, entry(11, 3, 1), entry(12, 1, 1));
    }

    @Test
    void everyEntryNeedsItsWriter() {
        refused(EntryId.NONE, entry(12, 2, 1));
        refused(EntryId.NONE, entry(5, 1, 1), entry(12, 4, 1));
    }

    @Test
    void noEntryIsBelowWhatItsWriterCouldWrite() {
        refused(EntryId.NONE, entry(10, 3, 1));
        assertThat(batch(EntryId.NONE, entry(11, 3, 1)).last()).isEqualTo(new EntryId(11, 3));
    }

    @Test
    void countingBytesDoesNotReadThem() {
        ByteBuffer payload = ByteBuffer.wrap(new byte[8]).position(2).limit(6);
        EntryBatch batch = batch(EntryId.NONE, new LogEntry(1, 1, payload));
        assertThat(batch.payloadBytes()).isEqualTo(4);
        assertThat(payload.remaining()).isEqualTo(4);
    }

    @Test
    void anEntryNeedsPositiveNumbersAndAPayload() {
        assertThatIllegalArgumentException().isThrownBy(() -> entry(0, 1, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> entry(1, 0, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new LogEntry(1, 1, null));
    }

    private static void refused(EntryId previous, LogEntry... entries) {
        String last = entries[entries.length - 1].id().toString();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> batch(previous, entries))
                .withMessageContaining(last);
    }

    private static EntryBatch batch(EntryId previous, LogEntry... entries) {
        return new EntryBatch(previous, Arrays.asList(entries), List.of(FIRST, SECOND));
    }

    private static LogEntry entry(long lsn, long epoch, int bytes) {
        return new LogEntry(lsn, epoch, ByteBuffer.allocate(bytes));
    }
}
