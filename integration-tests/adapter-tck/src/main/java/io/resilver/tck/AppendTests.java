package io.resilver.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.storage.VolumeStore;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a target takes in from a source, what it refuses, and what it says is durable. */
public interface AppendTests extends TckArea {
    /** A source with entries of two epochs. */
    private EntryBatch written(VolumeStore source) throws RecoveryException {
        bench().write(source, 1, 12);
        bench().write(source, 2, 12);
        return Batches.all(source);
    }

    /** However the entries are cut into batches, the target has the source's log, lineage and content. */
    @Test
    default void required_R10_aTargetBecomesWhatTheSourceIs() throws RecoveryException {
        VolumeStore source = bench().open("source");
        VolumeStore target = bench().open("target");
        EntryBatch whole = written(source);
        int at = 0;
        while (at < whole.entries().size()) {
            int to = Math.min(whole.entries().size(), at + 2 + bench().random().nextInt(5));
            target.target().append(Batches.part(whole, at, to));
            at = to;
        }
        assertEquals(whole.last().lsn(), target.target().flush());
        Batches.assertSame(whole, Batches.all(target), "the target's log");
        assertEquals(
                source.source().history().lineage(), target.target().position().lineage(), "lineage");
        assertEquals(bench().digest(source), bench().digest(target), "content");
    }

    /** What a flush answers is durable, which position, history and cursor show. */
    @Test
    default void required_R11_flushAnswersForWhatIsDurable() throws RecoveryException {
        VolumeStore source = bench().open("source");
        VolumeStore target = bench().open("target");
        EntryBatch whole = written(source);
        for (int i = 0; i < whole.entries().size(); i++) {
            target.target().append(Batches.part(whole, i, i + 1));
            long flushed = target.target().flush();
            assertEquals(whole.entries().get(i).lsn(), flushed, "the last entry that was appended");
            assertEquals(flushed, target.target().position().flushedLsn(), "the position is by what is durable");
            assertEquals(flushed, target.source().history().headLsn(), "the head is by what is durable");
            assertEquals(flushed, target.target().flush(), "a flush of nothing more");
        }
    }

    /** Entries that are there, by LSN and epoch, are skipped, alone or before others. */
    @Test
    default void required_R52_entriesThatAreThereAreSkipped() throws RecoveryException {
        VolumeStore source = bench().open("source");
        VolumeStore target = bench().open("target");
        EntryBatch whole = written(source);
        target.target().append(Batches.part(whole, 0, 14));
        target.target().append(Batches.part(whole, 0, 14)); // not durable yet
        long flushed = target.target().flush();
        assertEquals(whole.entries().get(13).lsn(), flushed, "a resend adds nothing");
        target.target().append(Batches.part(whole, 3, 9));
        assertEquals(flushed, target.target().flush(), "a resend adds nothing");
        target.target().append(Batches.part(whole, 10, 24));
        target.target().flush();
        Batches.assertSame(whole, Batches.all(target), "the target's log");
        assertEquals(bench().digest(source), bench().digest(target), "content");
    }

    /** A batch that does not follow what is there is refused, and nothing of it is appended. */
    @Test
    default void required_R52_aGapIsRefused() throws RecoveryException {
        VolumeStore source = bench().open("source");
        VolumeStore target = bench().open("target");
        EntryBatch whole = written(source);
        assertRefused(target, Batches.part(whole, 1, 5), "a gap before the first entry");
        target.target().append(Batches.part(whole, 0, 5));
        target.target().flush();
        assertRefused(target, Batches.part(whole, 6, 9), "an entry was left out");
        assertRefused(target, Batches.part(whole, 20, 24), "an epoch was left out");
        goesOn(source, target, whole, 5);
    }

    /** Another epoch at an LSN that is there is another history: refused, and nothing is appended. */
    @Test
    default void required_R52_anotherEpochAtAnLsnIsRefused() throws RecoveryException {
        VolumeStore source = bench().open("source");
        VolumeStore target = bench().open("target");
        EntryBatch whole = written(source);
        target.target().append(Batches.part(whole, 0, 5));
        target.target().flush();
        assertRefused(target, Batches.underAnotherEpoch(whole, 4, 7), "at the last LSN");
        assertRefused(target, Batches.underAnotherEpoch(whole, 2, 7), "at an LSN before");
        goesOn(source, target, whole, 5);
    }

    /** Another epoch at the entry before a batch is another history: refused, and nothing is appended. */
    @Test
    default void required_R52_anotherEpochBeforeABatchIsRefused() throws RecoveryException {
        VolumeStore source = bench().open("source");
        VolumeStore other = bench().open("other");
        VolumeStore target = bench().open("target");
        EntryBatch whole = written(source);
        bench().write(other, 5, 24);
        EntryBatch foreign = Batches.all(other);
        target.target().append(Batches.part(whole, 0, 5));
        target.target().flush();
        EntryBatch forged = Batches.part(whole, 5, 6);
        forged = new EntryBatch(
                new EntryId(forged.previous().lsn(), 5),
                List.of(new LogEntry(
                        forged.entries().get(0).lsn(),
                        5,
                        foreign.entries().get(5).payload())),
                List.of(Writers.element(5, 1)));
        assertRefused(target, forged, "the entry before it has another epoch here");
        goesOn(source, target, whole, 5);
    }

    private static void assertRefused(VolumeStore target, EntryBatch batch, String what) throws RecoveryException {
        ReplicaPosition before = target.target().position();
        assertThrows(PermanentException.class, () -> target.target().append(batch), what);
        assertEquals(before.flushedLsn(), target.target().flush(), what + ": nothing was appended");
        assertEquals(before, target.target().position(), what + ": nothing was changed");
    }

    /** After a refusal the store takes what does follow. */
    private void goesOn(VolumeStore source, VolumeStore target, EntryBatch whole, int from) throws RecoveryException {
        target.target().append(Batches.part(whole, from, whole.entries().size()));
        target.target().flush();
        Batches.assertSame(whole, Batches.all(target), "the store goes on after a refusal");
        assertEquals(bench().digest(source), bench().digest(target), "content after a refusal");
    }

    /** A batch with nothing in it changes nothing. */
    @Test
    default void required_R52_anEmptyBatchChangesNothing() throws RecoveryException {
        VolumeStore source = bench().open("source");
        VolumeStore target = bench().open("target");
        EntryBatch whole = written(source);
        target.target().append(Batches.part(whole, 0, 0));
        assertEquals(0, target.target().flush());
        target.target().append(Batches.part(whole, 0, 24));
        target.target().append(Batches.part(whole, 24, 24));
        assertEquals(whole.last().lsn(), target.target().flush());
    }

    /** A payload is read between position and limit, through a duplicate, of whatever buffer it is. */
    @Test
    default void required_R51_payloadsAreReadThroughADuplicate() throws RecoveryException {
        VolumeStore source = bench().open("source");
        VolumeStore target = bench().open("target");
        EntryBatch whole = written(source);
        List<LogEntry> wrapped = new ArrayList<>();
        for (LogEntry entry : whole.entries()) {
            wrapped.add(new LogEntry(entry.lsn(), entry.epoch(), amidst(entry.payload(), wrapped.size() % 2 == 0)));
        }
        EntryBatch batch = new EntryBatch(whole.previous(), wrapped, whole.writers());
        List<ByteBuffer> before = Batches.payloads(batch);
        target.target().append(batch);
        assertEquals(before, Batches.payloads(batch), "position and limit are not moved");
        target.target().flush();
        Batches.assertSame(whole, Batches.all(target), "the target's log");
    }

    /** The same bytes in a buffer that has others around them, and that cannot be written to. */
    private static ByteBuffer amidst(ByteBuffer payload, boolean direct) {
        int size = payload.remaining() + 7;
        ByteBuffer larger = direct ? ByteBuffer.allocateDirect(size) : ByteBuffer.allocate(size);
        larger.position(3);
        larger.put(payload.duplicate());
        return larger.flip().position(3).asReadOnlyBuffer();
    }

    /** What is given to a store is valid until the call returns, and not kept. */
    @Test
    default void required_R51_payloadsAreNotKept() throws RecoveryException {
        VolumeStore source = bench().open("source");
        VolumeStore target = bench().open("target");
        EntryBatch whole = written(source);
        List<LogEntry> lent = new ArrayList<>();
        for (LogEntry entry : whole.entries()) {
            lent.add(new LogEntry(entry.lsn(), entry.epoch(), Batches.copy(entry.payload())));
        }
        target.target().append(new EntryBatch(whole.previous(), lent, whole.writers()));
        for (LogEntry entry : lent) {
            ByteBuffer reused = entry.payload().duplicate();
            while (reused.hasRemaining()) {
                reused.put((byte) -1);
            }
        }
        target.target().flush();
        Batches.assertSame(whole, Batches.all(target), "the target's log");
        assertEquals(bench().digest(source), bench().digest(target), "content");
    }

    /** A target that leads goes on where the source ended: its own writer's entries follow. */
    @Test
    default void required_R32_aTargetCanLead() throws RecoveryException {
        VolumeStore source = bench().open("source");
        VolumeStore target = bench().open("target");
        EntryBatch whole = written(source);
        target.target().append(whole);
        target.target().flush();
        List<Long> own = bench().write(target, 6, 4);
        assertTrue(own.get(0) > whole.last().lsn(), "LSNs rise");
        EntryBatch suffix = Batches.after(target, whole.last().lsn());
        assertEquals(whole.last(), suffix.previous());
        assertEquals(List.of(Writers.element(6, whole.last().lsn() + 1)), suffix.writers());
        source.target().append(suffix);
        source.target().flush();
        assertEquals(bench().digest(target), bench().digest(source), "the former source follows");
        assertEquals(
                target.source().history().lineage(), source.source().history().lineage(), "lineage");
    }
}
