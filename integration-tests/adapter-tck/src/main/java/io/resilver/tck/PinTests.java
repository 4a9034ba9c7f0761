package io.resilver.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.VolumeStore;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Holds on the log: what is held stays readable however the host trims, and what is let go can be trimmed. */
public interface PinTests extends TckArea {
    /** What follows a pin's LSN stays while the host trims, and is read as it was. */
    @Test
    default void required_R9_aPinHoldsTheLogAgainstTrimming() throws RecoveryException {
        VolumeStore store = bench().open("source");
        List<Long> lsns = bench().write(store, 1, bench().units(4));
        EntryBatch whole = Batches.all(store);
        int index = bench().units(1) + bench().random().nextInt(bench().units(1));
        long afterLsn = lsns.get(index);
        try (LogPin pin = store.source().pinLog(afterLsn)) {
            assertEquals(afterLsn, pin.afterLsn());
            long tail = bench().trim(store, lsns.get(lsns.size() - 1));
            assertTrue(tail <= afterLsn, "the tail is " + tail + " and a pin holds what follows " + afterLsn);
            try (EntryCursor cursor = pin.open(afterLsn)) {
                Batches.assertSame(
                        Batches.part(whole, index + 1, lsns.size()),
                        Batches.rest(cursor, Batches.ALL_BYTES),
                        "what is pinned");
            }
        }
    }

    /** A pin at the head holds what comes after it, though nothing was there when it was taken. */
    @Test
    default void required_R9_aPinHoldsWhatIsStillToCome() throws RecoveryException {
        VolumeStore store = bench().open("source");
        List<Long> before = bench().write(store, 1, bench().units(1));
        long head = before.get(before.size() - 1);
        try (LogPin pin = store.source().pinLog(head);
                EntryCursor cursor = pin.open(head)) {
            List<Long> lsns = bench().write(store, 1, bench().units(3));
            assertTrue(bench().trim(store, lsns.get(lsns.size() - 1)) <= head, "the tail rose above the pin");
            assertEquals(lsns, Batches.lsns(Batches.rest(cursor, Batches.ALL_BYTES)));
        }
    }

    /** A closed pin holds nothing, and closing it again does nothing. */
    @Test
    default void required_R12_aClosedPinLetsGo() throws RecoveryException {
        VolumeStore store = bench().open("source");
        List<Long> lsns = bench().write(store, 1, bench().units(3));
        long head = lsns.get(lsns.size() - 1);
        LogPin pin = store.source().pinLog(0);
        LogPin other = store.source().pinLog(0);
        pin.close();
        pin.close();
        assertEquals(0, bench().trim(store, head), "each pin holds by itself");
        other.close();
        other.close();
        assertTrue(bench().trim(store, head) > 0, "nothing is pinned any more");
    }

    /** Reading through a pin that was closed fails as a trimmed log does, also for a cursor that is open. */
    @Test
    default void required_R20_aClosedPinEndsItsCursors() throws RecoveryException {
        VolumeStore store = bench().open("source");
        bench().write(store, 1, 10);
        LogPin pin = store.source().pinLog(0);
        EntryCursor cursor = pin.open(0);
        assertEquals(1, cursor.next(Batches.ALL, 1).entries().size());
        pin.close();
        assertThrows(LogTrimmedException.class, () -> cursor.next(Batches.ALL, 1), "a cursor of a closed pin");
        assertThrows(LogTrimmedException.class, () -> pin.open(0), "a closed pin opens no cursor");
        cursor.close();
    }

    /** Advancing lets go of what lies below, and never takes it back. */
    @Test
    default void required_R19_advancingLetsGoAndNeverMovesBack() throws RecoveryException {
        VolumeStore store = bench().open("source");
        List<Long> lsns = bench().write(store, 1, bench().units(4));
        long head = lsns.get(lsns.size() - 1);
        long to = lsns.get(bench().units(2));
        try (LogPin pin = store.source().pinLog(0)) {
            assertEquals(0, bench().trim(store, head), "all is held");
            pin.advance(to);
            assertEquals(to, pin.afterLsn());
            pin.advance(lsns.get(1));
            assertEquals(to, pin.afterLsn(), "it never moves back");
            long tail = bench().trim(store, head);
            assertTrue(tail > 0, "what lies below was let go");
            assertTrue(tail <= to, "the rest is held");
            try (EntryCursor cursor = pin.open(to)) {
                assertEquals(
                        lsns.subList(bench().units(2) + 1, lsns.size()),
                        Batches.lsns(Batches.rest(cursor, Batches.ALL_BYTES)));
            }
        }
    }

    /** What is trimmed cannot be pinned: the error says what still can, and nothing stays held. */
    @Test
    default void required_R9_aPinBelowTheTailIsRefused() throws RecoveryException {
        VolumeStore store = bench().open("source");
        List<Long> lsns = bench().write(store, 1, bench().units(4));
        long tail = bench().trim(store, lsns.get(bench().units(2)));
        assertTrue(tail > 0, "a unit of log can be let go");
        for (long below : new long[] {0, tail - 1}) {
            LogTrimmedException refused =
                    assertThrows(LogTrimmedException.class, () -> store.source().pinLog(below), "below the tail");
            assertEquals(tail, refused.oldestLsn(), "the error says from where on the log is there");
        }
        store.source().pinLog(tail).close();
        assertTrue(bench().trim(store, lsns.get(lsns.size() - 1)) > tail, "nothing is held");
    }

    /** A pin tells what it costs, so that the driver can give it up before the disk is full. */
    @Test
    default void required_R20_aPinTellsWhatItHolds() throws RecoveryException {
        VolumeStore store = bench().open("source");
        List<Long> lsns = bench().write(store, 1, bench().units(4));
        try (LogPin pin = store.source().pinLog(0);
                LogPin atHead = store.source().pinLog(lsns.get(lsns.size() - 1))) {
            bench().trim(store, lsns.get(lsns.size() - 1));
            assertTrue(pin.heldBytes() > 0, "four units of log are held, and the pin says " + pin.heldBytes());
            assertTrue(atHead.heldBytes() >= 0, "bytes are 0 or more");
            assertTrue(atHead.heldBytes() <= pin.heldBytes(), "who holds less does not cost more");
        }
    }

    /** Pins end with the store: what was open when it was closed is not held when it is opened again. */
    @Test
    default void required_R12_pinsEndWithTheStore() throws RecoveryException {
        VolumeStore store = bench().open("source");
        List<Long> lsns = bench().write(store, 1, bench().units(3));
        LogPin pin = store.source().pinLog(0);
        EntryCursor cursor = pin.open(0);
        VolumeStore again = bench().reopen(store);
        assertThrows(RecoveryException.class, () -> cursor.next(Batches.ALL, 1), "the store was closed");
        assertThrows(RecoveryException.class, () -> pin.open(0), "the store was closed");
        assertThrows(PermanentException.class, () -> store.source().pinLog(0), "a closed store gives no pin");
        assertTrue(bench().trim(again, lsns.get(lsns.size() - 1)) > 0, "a pin outlived its store");
        cursor.close();
        pin.close();
        assertEquals(lsns.size() > 0, again.source().history().headLsn() > 0, "the open store is not touched");
    }
}
