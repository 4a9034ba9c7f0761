package io.resilver.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.storage.Capability;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.VolumeStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Cursors: every durable entry, once, in order, each batch in its place. */
public interface LogReadingTests extends TckArea {
    /** More than any notification takes; a test that needs it all has failed. */
    int PATIENCE_SECONDS = 30;

    /** Whatever the size of a batch, nothing is left out, repeated or reordered, and its writers are named. */
    @Test
    default void required_R11_everyEntryIsReadOnceInOrder() throws RecoveryException {
        VolumeStore store = bench().open("source");
        List<Long> lsns = new ArrayList<>(bench().write(store, 1, 20));
        lsns.addAll(bench().write(store, 3, 20));
        EntryBatch whole = Batches.all(store);
        assertEquals(lsns, Batches.lsns(whole));
        assertEquals(EntryId.NONE, whole.previous(), "nothing is before the first entry of a log");
        for (int i = 0; i < lsns.size(); i++) {
            assertEquals(i < 20 ? 1 : 3, whole.entries().get(i).epoch(), "the epoch of entry " + lsns.get(i));
        }
        assertEquals(List.of(Writers.element(1, 1), Writers.element(3, lsns.get(19) + 1)), whole.writers());
        for (int round = 0; round < 5; round++) {
            int maxBytes = 2 + bench().random().nextInt((int) whole.payloadBytes());
            try (LogPin pin = store.source().pinLog(0);
                    EntryCursor cursor = pin.open(0)) {
                Batches.assertSame(whole, Batches.rest(cursor, maxBytes), "in batches of " + maxBytes + " bytes");
            }
        }
    }

    /** "Up to an LSN" is inclusive, whether an entry is there or not. */
    @Test
    default void required_R10_readsUpToAnLsnInclusive() throws RecoveryException {
        VolumeStore store = bench().open("source");
        List<Long> lsns = bench().write(store, 1, 12);
        try (LogPin pin = store.source().pinLog(0);
                EntryCursor cursor = pin.open(0)) {
            for (int i = 0; i < lsns.size(); i += 2) {
                long upTo = lsns.get(i);
                EntryBatch batch = cursor.next(upTo, Batches.ALL_BYTES);
                assertEquals(upTo, batch.last().lsn(), "up to " + upTo + ", inclusive");
                EntryBatch none = cursor.next(upTo, Batches.ALL_BYTES);
                assertTrue(none.isEmpty(), "there is nothing more up to " + upTo);
                assertEquals(batch.last(), none.previous(), "an empty batch names what it follows");
            }
            EntryBatch below = cursor.next(1, Batches.ALL_BYTES);
            assertTrue(below.isEmpty(), "a bound that is behind the cursor gives nothing, and nothing is skipped");
            assertEquals(lsns.subList(11, 12), Batches.lsns(Batches.rest(cursor, 1)));
        }
    }

    /** "After an LSN" is exclusive, and the batch names the entry before, which is at or below it. */
    @Test
    default void required_R9_readsAfterAnLsnExclusive() throws RecoveryException {
        VolumeStore store = bench().open("source");
        bench().write(store, 1, 6);
        bench().write(store, 2, 6);
        EntryBatch whole = Batches.all(store);
        try (LogPin pin = store.source().pinLog(0)) {
            for (int i = 0; i < whole.entries().size(); i++) {
                EntryId id = whole.entries().get(i).id();
                EntryBatch expected = Batches.part(whole, i + 1, whole.entries().size());
                assertReads(pin, id.lsn(), expected);
                EntryBatch with = Batches.part(whole, i, whole.entries().size());
                assertReads(pin, id.lsn() - 1, with); // between two entries, where LSNs skip
            }
        }
    }

    private static void assertReads(LogPin pin, long afterLsn, EntryBatch expected) throws RecoveryException {
        try (EntryCursor cursor = pin.open(afterLsn)) {
            Batches.assertSame(expected, Batches.rest(cursor, Batches.ALL_BYTES), "after " + afterLsn);
        }
    }

    /** A batch stops before its payloads exceed the limit, but has an entry if there is one. */
    @Test
    default void required_R51_aBatchIsBoundedByBytes() throws RecoveryException {
        VolumeStore store = bench().open("source");
        List<Long> lsns = bench().write(store, 1, 15);
        EntryBatch whole = Batches.all(store);
        try (LogPin pin = store.source().pinLog(0);
                EntryCursor cursor = pin.open(0)) {
            assertEquals(1, cursor.next(Batches.ALL, 1).entries().size(), "one entry, however small the limit");
            int two = (int) Batches.part(whole, 1, 3).payloadBytes();
            assertEquals(lsns.subList(1, 3), Batches.lsns(cursor.next(Batches.ALL, two)), "exactly the limit");
            EntryBatch batch = cursor.next(Batches.ALL, two * 2);
            while (!batch.isEmpty()) {
                assertTrue(
                        batch.entries().size() == 1 || batch.payloadBytes() <= two * 2L,
                        batch.payloadBytes() + " bytes where " + two * 2 + " were the limit");
                batch = cursor.next(Batches.ALL, two * 2);
            }
        }
    }

    /** A cursor at the head gives an empty batch, and goes on when more is durable, without a gap. */
    @Test
    default void required_R19_aCursorAtTheHeadGoesOn() throws RecoveryException {
        VolumeStore store = bench().open("source");
        try (LogPin pin = store.source().pinLog(0);
                EntryCursor cursor = pin.open(0)) {
            assertTrue(cursor.next(Batches.ALL, 100).isEmpty(), "nothing is there");
            EntryId last = EntryId.NONE;
            for (int i = 0; i < 6; i++) {
                List<Long> lsns =
                        bench().write(store, 1 + i / 2, 1 + bench().random().nextInt(4));
                EntryBatch batch = Batches.rest(cursor, 1);
                assertEquals(last, batch.previous(), "it goes on where it was");
                assertEquals(lsns, Batches.lsns(batch));
                last = batch.last();
            }
        }
    }

    /** What is not durable is not read. */
    @Test
    default void required_R30_onlyDurableEntriesAreRead() throws RecoveryException {
        VolumeStore store = bench().open("source");
        bench().write(store, 1, 2);
        try (LogPin pin = store.source().pinLog(0);
                EntryCursor cursor = pin.open(0)) {
            for (int i = 0; i < 10; i++) {
                bench().writeWithoutFlush(store, 1, 1 + i % 2);
                long read = cursor.next(Batches.ALL, Batches.ALL_BYTES).last().lsn();
                assertTrue(read <= store.target().position().flushedLsn(), "entry " + read + " is not durable");
                assertTrue(read <= store.source().history().headLsn(), "entry " + read + " is above the head");
                store.target().flush();
            }
        }
    }

    /** Several cursors of one pin, each in its own place. */
    @Test
    default void required_R9_cursorsAreIndependent() throws RecoveryException {
        VolumeStore store = bench().open("source");
        bench().write(store, 1, 10);
        EntryBatch whole = Batches.all(store);
        try (LogPin pin = store.source().pinLog(0);
                EntryCursor one = pin.open(0)) {
            EntryCursor other = pin.open(whole.entries().get(4).lsn());
            for (int i = 0; i < 5; i++) {
                assertEquals(Batches.ids(Batches.part(whole, i, i + 1)), Batches.ids(one.next(Batches.ALL, 1)));
                assertEquals(Batches.ids(Batches.part(whole, i + 5, i + 6)), Batches.ids(other.next(Batches.ALL, 1)));
            }
            other.close();
            other.close();
            assertEquals(Batches.ids(Batches.part(whole, 5, 10)), Batches.ids(Batches.rest(one, Batches.ALL_BYTES)));
        }
    }

    /** The buffers of a batch are its reader's for good: they wait, without a copy, until they are sent. */
    @Test
    default void required_R51_buffersOfABatchAreTheReadersForGood() throws RecoveryException {
        VolumeStore store = bench().open("source");
        bench().write(store, 1, 10);
        List<LogEntry> kept = new ArrayList<>();
        List<ByteBuffer> copies = new ArrayList<>();
        try (LogPin pin = store.source().pinLog(0);
                EntryCursor cursor = pin.open(0)) {
            EntryBatch batch = cursor.next(Batches.ALL, 1);
            while (!batch.isEmpty()) {
                kept.addAll(batch.entries());
                copies.addAll(Batches.payloads(batch));
                batch = cursor.next(Batches.ALL, 1);
            }
            bench().write(store, 1, 10);
            Batches.rest(cursor, Batches.ALL_BYTES);
        }
        for (int i = 0; i < kept.size(); i++) {
            assertEquals(
                    copies.get(i),
                    Batches.copy(kept.get(i).payload()),
                    "entry " + kept.get(i).id());
        }
    }

    /** Who reads at length leaves nothing behind. */
    @Test
    default void required_R12_cursorsAndPinsLeaveNothingOpen() throws RecoveryException, IOException {
        VolumeStore store = bench().open("source");
        bench().write(store, 1, bench().units(3));
        Batches.all(store); // what the engine opens once and keeps
        bench().requireNoLeak(() -> {
            for (int i = 0; i < 10; i++) {
                Batches.all(store);
            }
        });
    }

    /** The hint comes, though perhaps late and merged, and not any more once it was given up. */
    @Test
    default void required_R19_appendsAreToldWhenDeclared() throws Exception {
        VolumeStore store = bench().open("source");
        if (!bench().declares(Capability.APPEND_NOTIFICATION)) {
            assertThrows(RecoveryException.class, () -> store.source().onAppend(() -> {}), "it is not declared");
            return;
        }
        Semaphore told = new Semaphore(0);
        AutoCloseable first = store.source().onAppend(told::release);
        for (int i = 0; i < 3; i++) {
            told.drainPermits();
            bench().write(store, 1, 2);
            assertTrue(told.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS), "nobody told of durable entries");
        }
        first.close();
        first.close();
        Semaphore other = new Semaphore(0);
        try (AutoCloseable registration = store.source().onAppend(other::release)) {
            bench().write(store, 1, 1); // a late hint of what was before may still come: this one is told after it
            assertTrue(other.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS), "the second listener: " + registration);
            told.drainPermits();
            other.drainPermits();
            bench().write(store, 1, 1);
            assertTrue(other.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS), "the second listener: " + registration);
            assertEquals(0, told.availablePermits(), "a registration that was closed is told no more");
        }
    }
}
