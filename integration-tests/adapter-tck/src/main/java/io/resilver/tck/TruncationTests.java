package io.resilver.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.TruncationUnsafeException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.storage.Capability;
import io.resilver.spi.storage.VolumeStore;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Undoing what was never committed; an engine that cannot says so, and is rebuilt instead. */
public interface TruncationTests extends TckArea {
    /** Entries of the first epoch, which every history here has. */
    int COMMON = 10;

    /** A store with entries of two epochs, the second of which nobody has acknowledged. */
    private VolumeStore ahead() throws RecoveryException {
        VolumeStore source = bench().open("source");
        bench().write(source, 1, COMMON);
        bench().write(source, 2, 6);
        VolumeStore target = bench().open("target");
        target.target().append(Batches.all(source));
        target.target().flush();
        return target;
    }

    /** Whether the engine truncates; one that does not must refuse, and change nothing. */
    private boolean truncates(VolumeStore target) throws RecoveryException {
        if (bench().declares(Capability.TRUNCATE)) {
            return true;
        }
        EntryBatch before = Batches.all(target);
        ReplicaPosition position = target.target().position();
        assertThrows(
                TruncationUnsafeException.class,
                () -> target.target().truncateTo(before.entries().get(0).lsn()),
                "it is not declared");
        assertEquals(position, target.target().position(), "nothing was changed");
        Batches.assertSame(before, Batches.all(target), "nothing was changed");
        return false;
    }

    /** Log, lineage and image lose what lies above, and another history can take its place. */
    @Test
    default void required_R15_truncationRemovesWhatLiesAbove() throws RecoveryException {
        VolumeStore target = ahead();
        if (!truncates(target)) {
            return;
        }
        EntryBatch whole = Batches.all(target);
        EntryBatch common = Batches.part(whole, 0, COMMON);
        VolumeStore other = bench().open("other");
        other.target().append(common);
        other.target().flush();
        bench().write(other, 3, 8);
        target.target().truncateTo(common.last().lsn());
        ReplicaPosition position = target.target().position();
        assertEquals(common.last().lsn(), position.flushedLsn(), "flushed");
        assertTrue(position.truncationFloorLsn() <= position.flushedLsn(), "the floor is at most flushed");
        Batches.assertSame(common, Batches.all(target), "what stays");
        assertEquals(common.last().lsn(), target.source().history().headLsn(), "head");
        assertEquals(common.last().lsn(), target.target().flush(), "nothing is left to flush");
        target.target().append(Batches.after(other, common.last().lsn()));
        target.target().flush();
        Batches.assertSame(Batches.all(other), Batches.all(target), "the other history");
        assertEquals(bench().digest(other), bench().digest(target), "content");
    }

    /** The writers of what was removed are gone with it. */
    @Test
    default void required_R15_truncationRemovesTheLineage() throws RecoveryException {
        VolumeStore target = ahead();
        if (!truncates(target) || !bench().knowsLineage(target)) {
            return;
        }
        target.target().truncateTo(Batches.all(target).entries().get(COMMON - 1).lsn());
        Lineage first = new Lineage(List.of(Writers.element(1, 1)));
        assertEquals(first, target.target().position().lineage().orElse(Lineage.EMPTY), "lineage");
        assertEquals(first, target.source().history().lineage().orElse(Lineage.EMPTY), "lineage");
    }

    /** The image shows nothing of what was removed. */
    @Test
    default void required_R15_truncationRemovesContent() throws RecoveryException {
        VolumeStore target = ahead();
        if (!truncates(target)) {
            return;
        }
        VolumeStore common = bench().open("common");
        common.target().append(Batches.part(Batches.all(target), 0, COMMON));
        common.target().flush();
        target.target().truncateTo(Batches.all(common).last().lsn());
        assertEquals(bench().digest(common), bench().digest(target), "content");
    }

    /** What was removed does not come back when the store is opened again. */
    @Test
    default void required_R15_truncationIsDurable() throws RecoveryException {
        VolumeStore target = ahead();
        if (!truncates(target)) {
            return;
        }
        EntryBatch common = Batches.part(Batches.all(target), 0, COMMON);
        target.target().truncateTo(common.last().lsn());
        target = bench().reopen(target);
        Batches.assertSame(common, Batches.all(target), "what stays");
        assertEquals(common.last().lsn(), target.target().position().flushedLsn(), "flushed");
    }

    /** An LSN between two entries, where LSNs skip, leaves the one below. */
    @Test
    default void required_R15_truncatesBetweenTwoEntries() throws RecoveryException {
        VolumeStore target = ahead();
        if (!truncates(target)) {
            return;
        }
        EntryBatch whole = Batches.all(target);
        for (int keep : new int[] {COMMON + 3, COMMON, 4}) {
            target.target().truncateTo(whole.entries().get(keep).lsn() - 1);
            Batches.assertSame(Batches.part(whole, 0, keep), Batches.all(target), "the first " + keep);
            assertEquals(
                    whole.entries().get(keep - 1).lsn(),
                    target.target().position().flushedLsn(),
                    "flushed");
        }
        target.target().append(Batches.part(whole, 4, whole.entries().size()));
        target.target().flush();
        Batches.assertSame(whole, Batches.all(target), "the same entries again");
    }

    /** What is committed is never undone; the error says how far the store can. */
    @Test
    default void required_R15_belowTheCommittedBoundIsRefused() throws RecoveryException {
        VolumeStore target = ahead();
        if (!truncates(target)) {
            return;
        }
        EntryBatch whole = Batches.all(target);
        long committed = whole.entries().get(5).lsn();
        target.target().committed(committed);
        for (long below : new long[] {0, whole.entries().get(4).lsn()}) {
            TruncationUnsafeException refused = assertThrows(
                    TruncationUnsafeException.class,
                    () -> target.target().truncateTo(below),
                    "committed is " + committed);
            assertTrue(refused.floorLsn() >= committed, "the error says how far the store can undo");
            Batches.assertSame(whole, Batches.all(target), "nothing was changed");
            assertEquals(whole.last().lsn(), target.target().position().flushedLsn(), "nothing was changed");
        }
    }

    /** At or above the end there is nothing to remove. */
    @Test
    default void required_R15_atOrAboveTheEndNothingChanges() throws RecoveryException {
        VolumeStore target = ahead();
        if (!truncates(target)) {
            return;
        }
        EntryBatch whole = Batches.all(target);
        ReplicaPosition before = target.target().position();
        target.target().truncateTo(whole.last().lsn());
        target.target().truncateTo(whole.last().lsn() + 1000);
        assertEquals(before, target.target().position());
        Batches.assertSame(whole, Batches.all(target), "nothing was changed");
    }
}
