package io.resilver.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.StagedInstall;
import io.resilver.spi.storage.StorageAdapter;
import io.resilver.spi.storage.VolumeStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Opening, closing and removing stores; which disk a store is, and what it keeps from one open to the next. */
public interface LifeCycleTests extends TckArea {
    /** Log, lineage, identity and position are what they were. */
    @Test
    default void required_R36_reopeningKeepsEverything() throws RecoveryException {
        VolumeStore store = bench().open("source");
        bench().write(store, 1, 8);
        bench().write(store, 5, 8);
        StoreIdentity identity = new StoreIdentity(new StoreId("tck-store"), 3);
        store.target().identify(identity);
        EntryBatch log = Batches.all(store);
        String content = bench().digest(store);
        for (int i = 0; i < 2; i++) {
            store = bench().reopen(store);
            Batches.assertSame(log, Batches.all(store), "log");
            assertEquals(log.last().lsn(), store.target().position().flushedLsn(), "flushed");
            assertTrue(store.target().position().usable(), "usable");
            if (bench().knowsLineage(store)) {
                assertEquals(
                        log.writers(),
                        store.target().position().lineage().orElseThrow().elements(),
                        "lineage");
            }
            assertEquals(identity, store.target().identity(), "identity");
            assertEquals(content, bench().digest(store), "content");
            bench().shutDown();
            store = bench().open("source");
        }
    }

    /** Opening does not count the opens: the driver does, once it has compared the count with the record. */
    @Test
    default void required_R36_openingDoesNotRaiseTheOpenCount() throws RecoveryException {
        VolumeStore store = bench().open("source");
        StoreIdentity first = store.target().identity();
        assertEquals(0, first.openCount(), "a new store was never opened by a driver");
        store = bench().reopen(store);
        assertEquals(first, store.target().identity(), "after reopening");
    }

    /** Each new store has an id of its own, also where there was one of the same replica before. */
    @Test
    default void required_R36_newStoresHaveDifferentIds() throws RecoveryException {
        StoreId one = bench().open("one").target().identity().id();
        StoreId two = bench().open("two").target().identity().id();
        assertNotEquals(one, two);
    }

    /** That a store counts for nothing is durable, and saying it again changes nothing. */
    @Test
    default void required_R36_unusableIsDurable() throws RecoveryException {
        VolumeStore store = bench().open("source");
        bench().write(store, 1, 5);
        store.target().markUnusable("the disk was replaced");
        store.target().markUnusable("another reason");
        assertFalse(store.target().position().usable());
        assertFalse(store.source().history().checkpointTrusted(), "its checkpoint is not trusted either");
        store = bench().reopen(store);
        assertFalse(store.target().position().usable(), "after reopening");
    }

    /** What was appended is durable once the store was closed. */
    @Test
    default void required_R11_closingMakesDurable() throws RecoveryException {
        VolumeStore store = bench().open("source");
        List<Long> lsns = bench().writeWithoutFlush(store, 1, 7);
        store = bench().reopen(store);
        assertEquals(lsns, Batches.lsns(Batches.all(store)));
    }

    /** One open store a replica; the one that is open is not touched by who tries. */
    @Test
    default void required_R2_aSecondOpenIsRefused() throws RecoveryException {
        VolumeStore store = bench().open("source");
        bench().write(store, 1, 3);
        assertThrows(PermanentException.class, () -> bench().open("source"), "it is open");
        bench().write(store, 1, 3);
        assertEquals(6, Batches.all(store).entries().size());
        store.close();
        assertEquals(6, Batches.all(bench().open("source")).entries().size(), "it was closed");
    }

    /** A store of another incarnation is another volume's: refused by both names, and left as it is. */
    @Test
    default void required_R36_anotherIncarnationIsRefused() throws RecoveryException {
        VolumeStore store = bench().open("source");
        List<Long> lsns = bench().write(store, 1, 3);
        store.close();
        Incarnation other = new Incarnation("tck-another");
        PermanentException refused =
                assertThrows(PermanentException.class, () -> bench().adapter().open(Engine.replica("source"), other));
        String message = String.valueOf(refused.getMessage());
        assertTrue(message.contains(other.value()), "the error names the incarnation that was asked for: " + message);
        assertTrue(message.contains(Engine.INCARNATION.value()), "the error names the store's: " + message);
        assertEquals(lsns, Batches.lsns(Batches.all(bench().open("source"))), "it is as it was");
    }

    /** A store says whose it is, and its two sides are the same at every call. */
    @Test
    default void required_R6_aStoreSaysWhoseItIs() throws RecoveryException {
        VolumeStore store = bench().open("source");
        assertEquals(Engine.replica("source"), store.replica());
        assertSame(store.source(), store.source());
        assertSame(store.target(), store.target());
        assertEquals(bench().adapter().capabilities(), bench().adapter().capabilities());
    }

    /** A closed store refuses every call, and closing it again does nothing. */
    @Test
    default void required_R21_aClosedStoreRefusesEverything() throws RecoveryException {
        VolumeStore store = bench().open("source");
        bench().write(store, 1, 3);
        EntryBatch log = Batches.all(store);
        Base base = Base.full(bench(), store);
        store.close();
        store.close();
        refuses("position", () -> store.target().position());
        refuses("identity", () -> store.target().identity());
        refuses("identify", () -> store.target().identify(new StoreIdentity(new StoreId("x"), 1)));
        refuses("markUnusable", () -> store.target().markUnusable("closed"));
        refuses("promise", () -> store.target().promise());
        refuses("promise", () -> store.target().promise(Writers.epoch(2)));
        refuses("append", () -> store.target().append(log));
        refuses("flush", () -> store.target().flush());
        refuses("committed", () -> store.target().committed(1));
        refuses("truncateTo", () -> store.target().truncateTo(1));
        refuses("beginInstall", () -> store.target().beginInstall(base.descriptor()));
        refuses("history", () -> store.source().history());
        refuses("pinLog", () -> store.source().pinLog(0));
        refuses("pinFullBase", () -> store.source().pinFullBase(0));
        Batches.assertSame(log, Batches.all(bench().open("source")), "nothing was changed");
    }

    private static void refuses(String what, Executable call) {
        assertThrows(PermanentException.class, call, what + " of a closed store");
    }

    /** Pins and installs that are open when a store is closed end with it; what was staged stays. */
    @Test
    default void required_R12_closingEndsBasesAndInstalls() throws RecoveryException {
        VolumeStore source = bench().open("source");
        bench().write(source, 1, 20);
        Base base = Base.full(bench(), source);
        BasePin pin = source.source().pinFullBase(0);
        source.close();
        assertThrows(RecoveryException.class, () -> pin.read(0, ByteBuffer.allocate(8)), "the store was closed");
        pin.close();
        VolumeStore target = bench().open("target");
        StagedInstall install = target.target().beginInstall(base.descriptor());
        install.write(0, base.range(0));
        install.flush();
        target.close();
        assertThrows(RecoveryException.class, () -> install.write(1, base.range(1)), "the store was closed");
        install.close();
        try (StagedInstall again = bench().open("target").target().beginInstall(base.descriptor())) {
            assertTrue(again.durableRanges().get(0), "what was staged stays");
        }
    }

    /** Closing the adapter closes its stores, with everything that is open in them, and it opens no more. */
    @Test
    default void required_R12_closingTheAdapterClosesEverything() throws RecoveryException, IOException {
        VolumeStore source = bench().open("source");
        List<Long> lsns = bench().write(source, 1, 20);
        Base base = Base.full(bench(), source);
        LogPin pin = source.source().pinLog(0);
        EntryCursor cursor = pin.open(0);
        cursor.next(Batches.ALL, 1);
        source.source().pinFullBase(0);
        VolumeStore target = bench().open("target");
        target.target().beginInstall(base.descriptor()).write(0, base.range(0));
        StorageAdapter adapter = bench().adapter();
        bench().shutDown();
        adapter.close();
        assertThrows(PermanentException.class, () -> source.target().position(), "the adapter was closed");
        assertThrows(RecoveryException.class, () -> target.target().flush(), "the adapter was closed");
        assertThrows(RecoveryException.class, () -> cursor.next(Batches.ALL, 1), "the adapter was closed");
        assertThrows(
                RecoveryException.class,
                () -> adapter.open(Engine.replica("third"), Engine.INCARNATION),
                "it is closed");
        assertEquals(List.of(), bench().fixture().openFiles(bench().directory()), "files that are still open");
        assertEquals(lsns, Batches.lsns(Batches.all(bench().open("source"))), "it can be opened again");
    }

    /** Only the store that is meant is removed, only while it is closed, and then nothing of it is left. */
    @Test
    default void optional_R36_aStoreIsRemoved() throws RecoveryException {
        ReplicaId replica = Engine.replica("source");
        VolumeStore store = bench().open("source");
        List<Long> lsns = bench().write(store, 1, 5);
        StoreId id = store.target().identity().id();
        assertThrows(
                PermanentException.class, () -> bench().adapter().remove(replica, Engine.INCARNATION), "it is open");
        store.close();
        boolean removed;
        try {
            removed = bench().adapter().remove(replica, new Incarnation("tck-another"));
        } catch (PermanentException e) {
            bench().offers(false); // it removes no stores
            assertEquals(lsns, Batches.lsns(Batches.all(bench().open("source"))), "it is as it was");
            return;
        }
        assertFalse(removed, "another incarnation's store is not meant");
        assertFalse(bench().adapter().remove(Engine.replica("none"), Engine.INCARNATION), "there is no such store");
        store = bench().open("source");
        assertEquals(lsns, Batches.lsns(Batches.all(store)), "it is as it was");
        store.close();
        assertTrue(bench().adapter().remove(replica, Engine.INCARNATION), "it was there");
        assertFalse(bench().adapter().remove(replica, Engine.INCARNATION), "it is gone");
        store = bench().open("source");
        assertTrue(Batches.all(store).isEmpty(), "a new store is empty");
        assertNotEquals(id, store.target().identity().id(), "a new store has another id");
    }
}
