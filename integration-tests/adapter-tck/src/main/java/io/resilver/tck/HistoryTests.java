package io.resilver.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.storage.VolumeStore;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a store says of its log and of itself: the planner decides by nothing else. */
public interface HistoryTests extends TckArea {
    /** Nothing is 0, and no lineage element stands for it. */
    @Test
    default void required_R7_anEmptyStoreSaysSo() throws RecoveryException {
        VolumeStore store = bench().open("empty");
        for (int i = 0; i < 2; i++) {
            RetainedHistory history = store.source().history();
            assertEquals(0, history.headLsn(), "head");
            assertEquals(0, history.tailLsn(), "tail");
            assertEquals(0, history.committedLsn().orElse(0), "committed");
            assertEquals(0, history.checkpointLsn(), "checkpoint");
            assertFalse(history.checkpointTrusted(), "there is no checkpoint that could be trusted");
            assertTrue(history.lineage().orElse(Lineage.EMPTY).elements().isEmpty(), "lineage");
            ReplicaPosition position = store.target().position();
            assertEquals(0, position.flushedLsn(), "flushed");
            assertEquals(0, position.truncationFloorLsn(), "truncation floor");
            assertEquals(0, position.committedLsn().orElse(0), "own committed");
            assertTrue(position.usable(), "a new store is usable");
            assertEquals(history.lineage(), position.lineage(), "both sides show the same lineage");
            assertEquals(Optional.empty(), store.target().promise(), "promise");
            assertTrue(Batches.all(store).isEmpty(), "entries");
            assertEquals(0, store.target().flush(), "flush of nothing");
            store = bench().reopen(store);
        }
    }

    /** Head and flushed are the last durable entry, on both sides of the store. */
    @Test
    default void required_R11_headAndFlushedAreTheLastDurableEntry() throws RecoveryException {
        VolumeStore store = bench().open("source");
        for (int i = 0; i < 5; i++) {
            List<Long> lsns = bench().write(store, 1, 1 + bench().random().nextInt(5));
            long last = lsns.get(lsns.size() - 1);
            assertEquals(last, store.source().history().headLsn(), "head");
            assertEquals(last, store.target().position().flushedLsn(), "flushed");
        }
    }

    /** The lineage has an element for each epoch that wrote, which begins one above the entry before it. */
    @Test
    default void required_R7_lineageTellsWhoWroteWhat() throws RecoveryException {
        VolumeStore store = bench().open("source");
        long first = last(bench().write(store, 1, 3));
        long second = last(bench().write(store, 4, 2));
        bench().write(store, 9, 1);
        if (bench().knowsLineage(store)) {
            Lineage expected = new Lineage(
                    List.of(Writers.element(1, 1), Writers.element(4, first + 1), Writers.element(9, second + 1)));
            assertEquals(Optional.of(expected), store.source().history().lineage());
            assertEquals(Optional.of(expected), store.target().position().lineage());
        }
    }

    /** Trimming lets go of entries and keeps who wrote them. */
    @Test
    default void required_R7_trimmingKeepsTheLineage() throws RecoveryException {
        VolumeStore store = bench().open("source");
        bench().write(store, 1, bench().units(1));
        bench().write(store, 2, bench().units(1));
        long head = last(bench().write(store, 3, bench().units(2)));
        Optional<Lineage> before = store.source().history().lineage();
        long tail = bench().trim(store, head);
        assertTrue(tail > 0, "the host product can trim when nothing is pinned");
        if (bench().knowsLineage(store)) {
            assertEquals(before, store.source().history().lineage(), "after trimming");
            store = bench().reopen(store);
            assertEquals(before, store.source().history().lineage(), "after reopening");
        }
    }

    /** The tail is the exclusive lower bound of what can be read, and stays so. */
    @Test
    default void required_R9_theTailIsWhereReadingCanBegin() throws RecoveryException {
        VolumeStore store = bench().open("source");
        List<Long> lsns = bench().write(store, 1, bench().units(4));
        long wanted = lsns.get(bench().units(3));
        long tail = bench().trim(store, wanted);
        assertTrue(tail > 0, "a unit of log can be let go");
        assertTrue(tail <= wanted, "no more is trimmed than was asked for");
        List<Long> left = lsns.stream().filter(lsn -> lsn > tail).toList();
        assertEquals(left, Batches.lsns(Batches.all(store)), "every entry above the tail is there");
        EntryBatch before = Batches.all(store);
        store = bench().reopen(store);
        assertTrue(store.source().history().tailLsn() <= tail, "the tail does not rise by itself");
        Batches.assertSame(before, Batches.after(store, tail), "after reopening");
    }

    /** A store's own committed bound is never higher than what it was told, nor than what is durable. */
    @Test
    default void required_R30_committedIsAtMostWhatWasTold() throws RecoveryException {
        VolumeStore store = bench().open("source");
        List<Long> lsns = bench().write(store, 1, 10);
        assertEquals(0, committed(store), "nothing was told");
        store.target().committed(lsns.get(3));
        assertTrue(committed(store) <= lsns.get(3), "not above what was told");
        store.target().committed(lsns.get(7));
        store.target().committed(lsns.get(5)); // told late: it never falls
        assertTrue(committed(store) <= lsns.get(7), "not above what was told");
        long bound = committed(store);
        store = bench().reopen(store);
        assertTrue(committed(store) <= lsns.get(7), "not above what was told, after reopening");
        assertTrue(committed(store) >= bound, "the bound fell");
    }

    /** What is told of entries that are not durable yet counts only with them. */
    @Test
    default void required_R30_committedIsAtMostWhatIsDurable() throws RecoveryException {
        VolumeStore store = bench().open("source");
        bench().write(store, 1, 3);
        List<Long> more = bench().writeWithoutFlush(store, 1, 3);
        store.target().committed(last(more));
        ReplicaPosition before = store.target().position();
        assertTrue(before.committedLsn().orElse(0) <= before.flushedLsn(), "committed is above flushed: " + before);
        assertEquals(last(more), store.target().flush());
        store.target().committed(last(more));
        ReplicaPosition after = store.target().position();
        assertTrue(after.committedLsn().orElse(0) <= after.flushedLsn(), "committed is above flushed: " + after);
    }

    /** The source's and the target's own bound are one number. */
    private static long committed(VolumeStore store) throws RecoveryException {
        long own = store.target().position().committedLsn().orElse(0);
        long source = store.source().history().committedLsn().orElse(0);
        assertTrue(own <= store.target().position().flushedLsn(), "committed is at most flushed");
        return Math.max(own, source);
    }

    private static long last(List<Long> lsns) {
        return lsns.get(lsns.size() - 1);
    }
}
