package io.resilver.bench.many;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The stores that very many replicas are measured with: what they must not let pass. */
class MemoryStoreTest {
    private static final VolumeId VOLUME = new VolumeId("v1");
    private static final LineageElement WRITER = new LineageElement(1, Optional.empty(), 1);

    private final Payloads payloads = new Payloads();
    private final MemoryStore store = new MemoryStore(new ReplicaId(VOLUME, "a"), payloads);

    private EntryBatch batch(long previous, VolumeId of, long... lsns) {
        return new EntryBatch(
                previous == 0 ? EntryId.NONE : new EntryId(previous, 1),
                Arrays.stream(lsns)
                        .mapToObj(lsn -> new LogEntry(lsn, 1, payloads.of(of, lsn)))
                        .toList(),
                List.of(WRITER));
    }

    @Test
    @DisplayName("R50: an entry of another volume is not what belongs here, and does not get in")
    void anotherVolume() {
        assertThatThrownBy(() -> store.append(batch(0, new VolumeId("v2"), 1))).isInstanceOf(CorruptException.class);
    }

    @Test
    @DisplayName("R52: an entry that is there is skipped, and one that leaves a gap is refused")
    void continuity() throws RecoveryException {
        store.append(batch(0, VOLUME, 1, 2));
        store.append(batch(0, VOLUME, 1, 2, 3));
        assertThat(store.flush()).isEqualTo(3);
        assertThatThrownBy(() -> store.append(batch(4, VOLUME, 5))).isInstanceOf(PermanentException.class);
    }

    @Test
    @DisplayName("R11: only what was flushed is told and read, and a pin holds it against trimming")
    void durableOnly() throws RecoveryException {
        store.append(batch(0, VOLUME, 1, 2, 3));
        assertThat(store.position().flushedLsn()).isZero();
        store.flush();
        LogPin pin = store.pinLog(1);
        store.trim(3);
        try (EntryCursor cursor = pin.open(1)) {
            assertThat(cursor.next(9, 1).entries()).hasSize(1);
            assertThat(cursor.next(9, 1 << 20).last()).isEqualTo(new EntryId(3, 1));
            assertThat(cursor.next(9, 1 << 20).isEmpty()).isTrue();
        }
        assertThatThrownBy(() -> store.pinLog(0)).isInstanceOf(LogTrimmedException.class);
    }

    @Test
    @DisplayName("R7: two stores have the same checksum when they hold the same entries, and only then")
    void checksums() throws RecoveryException {
        MemoryStore other = new MemoryStore(new ReplicaId(VOLUME, "b"), payloads);
        store.append(batch(0, VOLUME, 1, 2));
        other.append(batch(0, VOLUME, 1));
        store.flush();
        other.flush();
        assertThat(store.checksum(0)).isNotEqualTo(other.checksum(0));
        other.append(batch(1, VOLUME, 2));
        other.flush();
        assertThat(store.checksum(0)).isEqualTo(other.checksum(0));
    }
}
