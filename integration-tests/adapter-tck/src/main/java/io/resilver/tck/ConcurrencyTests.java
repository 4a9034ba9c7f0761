package io.resilver.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.StagedInstall;
import io.resilver.spi.storage.VolumeStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What the driver does at the same time: it reads while the host writes, flushes beside appends, and uses many stores. */
public interface ConcurrencyTests extends TckArea {
    /** One who follows the log misses and repeats nothing, while the host writes and trims what he has let go. */
    @Test
    default void required_R19_aFollowerMissesNothingWhileTheHostWrites() throws Exception {
        VolumeStore store = bench().open("source");
        List<Long> written = new ArrayList<>();
        List<Long> read = new ArrayList<>();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong head = new AtomicLong();
        try (LogPin pin = store.source().pinLog(0);
                EntryCursor cursor = pin.open(0)) {
            Together.run(() -> writeMuch(store, written, head, stop), () -> {
                boolean more = true;
                EntryId last = EntryId.NONE;
                while (more) {
                    boolean ending = stop.get();
                    EntryBatch batch = cursor.next(Batches.ALL, 2_000);
                    assertEquals(last, batch.previous(), "each batch follows the one before");
                    last = batch.last();
                    batch.entries().stream().map(LogEntry::lsn).forEach(read::add);
                    pin.advance(last.lsn());
                    more = !ending || !batch.isEmpty();
                }
            });
        }
        assertEquals(written, read);
    }

    /** History and position are consistent at every moment, and heads only rise. */
    @Test
    default void required_R9_historyAndPositionAreConsistentWhileTheHostWrites() throws Exception {
        VolumeStore store = bench().open("source");
        List<Long> written = new ArrayList<>();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong head = new AtomicLong();
        Together.run(() -> writeMuch(store, written, head, stop), () -> {
            long lastHead = 0;
            long lastFlushed = 0;
            while (!stop.get()) {
                long least = head.get();
                RetainedHistory history = store.source().history();
                assertTrue(history.headLsn() >= Math.max(least, lastHead), "the head falls: " + history);
                lastHead = history.headLsn();
                assertConsistent(history);
                ReplicaPosition position = store.target().position();
                assertTrue(position.flushedLsn() >= lastFlushed, "flushed falls: " + position);
                lastFlushed = position.flushedLsn();
                assertConsistent(position);
                store.target().identity();
                store.target().promise();
            }
        });
    }

    private static void assertConsistent(RetainedHistory history) {
        long head = history.headLsn();
        assertTrue(history.tailLsn() <= head, "the tail is above the head: " + history);
        assertTrue(history.committedLsn().orElse(0) <= head, "committed is above the head: " + history);
        assertTrue(history.checkpointLsn() <= head, "the checkpoint is above the head: " + history);
        assertTrue(history.imageLsn().orElse(0) <= head, "the image is above the head: " + history);
        history.lineage().ifPresent(lineage -> {
            assertTrue(lineage.rises(), "the lineage does not rise: " + history);
            assertEquals(lineage, lineage.upTo(head), "the lineage reaches beyond the head: " + history);
        });
    }

    private static void assertConsistent(ReplicaPosition position) {
        long flushed = position.flushedLsn();
        assertTrue(position.truncationFloorLsn() <= flushed, "the floor is above flushed: " + position);
        assertTrue(position.committedLsn().orElse(0) <= flushed, "committed is above flushed: " + position);
        position.lineage().ifPresent(lineage -> assertEquals(lineage, lineage.upTo(flushed), "lineage: " + position));
    }

    /** The host's writer: a few entries at a time, durable and committed, and from time to time it trims. */
    private void writeMuch(VolumeStore store, List<Long> written, AtomicLong head, AtomicBoolean stop)
            throws RecoveryException {
        try {
            int most = bench().units(4);
            for (int trimAt = most / 4; written.size() < most; ) {
                written.addAll(bench().write(
                                store,
                                1 + written.size() / 50,
                                1 + bench().random().nextInt(4)));
                long last = written.get(written.size() - 1);
                head.set(last);
                store.target().committed(last);
                if (written.size() >= trimAt) {
                    trimAt += most / 4;
                    bench().fixture().trim(store, last);
                }
            }
        } finally {
            stop.set(true);
        }
    }

    /** A pin that is granted while the host trims holds what it says. */
    @Test
    default void required_R9_aPinThatIsGrantedHolds() throws Exception {
        VolumeStore store = bench().open("source");
        List<Long> lsns = bench().write(store, 1, bench().units(6));
        bench().commitAll(store);
        AtomicBoolean stop = new AtomicBoolean();
        Together.run(
                () -> {
                    try {
                        for (int i = 0; i < lsns.size(); i += Math.max(1, bench().units(1) / 4)) {
                            bench().fixture().trim(store, lsns.get(i));
                        }
                    } finally {
                        stop.set(true);
                    }
                },
                () -> {
                    do {
                        long tail = store.source().history().tailLsn();
                        List<Long> expected =
                                lsns.stream().filter(lsn -> lsn > tail).toList();
                        try (LogPin pin = store.source().pinLog(tail);
                                EntryCursor cursor = pin.open(tail)) {
                            assertEquals(expected, Batches.lsns(Batches.rest(cursor, Batches.ALL_BYTES)));
                        } catch (LogTrimmedException e) {
                            assertTrue(e.oldestLsn() > tail, "refused, and the log begins at " + e.oldestLsn());
                        }
                    } while (!stop.get());
                });
    }

    /** A flush beside appends covers at least what was appended before it began. */
    @Test
    default void required_R30_aFlushCoversWhatWasAppendedBefore() throws Exception {
        VolumeStore source = bench().open("source");
        VolumeStore target = bench().open("target");
        bench().write(source, 1, 120);
        EntryBatch whole = Batches.all(source);
        AtomicLong begun = new AtomicLong();
        AtomicLong appended = new AtomicLong();
        AtomicBoolean stop = new AtomicBoolean();
        Together.run(
                () -> {
                    try {
                        for (int i = 0; i < whole.entries().size(); i += 2) {
                            EntryBatch part = Batches.part(whole, i, i + 2);
                            begun.set(part.last().lsn());
                            target.target().append(part);
                            appended.set(part.last().lsn());
                        }
                    } finally {
                        stop.set(true);
                    }
                },
                () -> {
                    do {
                        long before = appended.get();
                        long flushed = target.target().flush();
                        assertTrue(flushed >= before, "flush told " + flushed + " and " + before + " was appended");
                        assertTrue(flushed <= begun.get(), "flush told " + flushed + ", which was not appended");
                        assertTrue(target.target().position().flushedLsn() >= flushed, "the position fell behind");
                    } while (!stop.get());
                });
        assertEquals(whole.last().lsn(), target.target().flush());
        Batches.assertSame(whole, Batches.all(target), "the target's log");
    }

    /** Ranges are written while others are flushed. */
    @Test
    default void required_R17_rangesAreFlushedBesideWrites() throws Exception {
        VolumeStore source = bench().open("source");
        bench().write(source, 1, 40);
        Base base = Base.full(bench(), source);
        VolumeStore target = bench().open("target");
        AtomicBoolean stop = new AtomicBoolean();
        try (StagedInstall install = target.target().beginInstall(base.descriptor())) {
            Together.run(
                    () -> {
                        try {
                            base.writeRest(install);
                        } finally {
                            stop.set(true);
                        }
                    },
                    () -> {
                        do {
                            install.flush();
                        } while (!stop.get());
                    });
            install.flush();
            assertEquals(base.descriptor().ranges(), install.durableRanges().cardinality(), "all is durable");
            install.commit();
        }
        assertEquals(bench().digest(source), bench().digest(target), "content");
    }

    /** Stores of different replicas are opened and used at the same time. */
    @Test
    default void required_R21_storesDoNotMeet() throws Exception {
        VolumeStore source = bench().open("source");
        bench().write(source, 1, 40);
        EntryBatch whole = Batches.all(source);
        String content = bench().digest(source);
        Together.run(() -> copyInto("one", whole, content), () -> copyInto("two", whole, content));
    }

    private void copyInto(String name, EntryBatch whole, String content) throws RecoveryException {
        VolumeStore target = bench().open(name);
        for (int i = 0; i < whole.entries().size(); i += 4) {
            target.target().append(Batches.part(whole, i, i + 4));
            target.target().flush();
        }
        target = bench().reopen(target);
        Batches.assertSame(whole, Batches.all(target), "the log of " + name);
        assertEquals(content, bench().digest(target), "the content of " + name);
    }
}
