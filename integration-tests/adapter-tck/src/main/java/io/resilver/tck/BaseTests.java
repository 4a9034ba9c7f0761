package io.resilver.tck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.Capability;
import io.resilver.spi.storage.VolumeStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Frozen images: a checkpoint's snapshot, and the full base that every engine can give. */
public interface BaseTests extends TckArea {
    /** A full base says which image it is: at or above the LSN that was asked for, with the lineage up to there. */
    @Test
    default void required_R16_aFullBaseSaysWhichImageItIs() throws RecoveryException {
        VolumeStore source = bench().open("source");
        bench().write(source, 1, 10);
        long head = bench().write(source, 2, 10).get(9);
        bench().commitAll(source);
        for (long least : new long[] {0, head}) {
            try (BasePin pin = source.source().pinFullBase(least)) {
                BaseDescriptor base = pin.base();
                assertTrue(base.lsn() >= least && base.lsn() <= head, "base at " + base.lsn() + ", asked for " + least);
                source.source()
                        .history()
                        .lineage()
                        .ifPresent(lineage -> assertEquals(lineage.upTo(base.lsn()), base.lineage(), "lineage"));
                assertEquals(base, pin.base(), "the same descriptor at every call");
                assertTrue(pin.heldBytes() >= 0, "bytes are 0 or more");
            }
        }
    }

    /** A full base is granted up to where the history says, and no higher. */
    @Test
    default void required_R8_aFullBaseReachesAsFarAsTheHistorySays() throws RecoveryException {
        VolumeStore source = bench().open("source");
        long reach = 0;
        for (int i = 0; i < 4; i++) {
            List<Long> lsns = bench().write(source, 1, 5);
            source.target().committed(lsns.get(2));
            RetainedHistory history = source.source().history();
            long now = history.imageLsn().orElse(history.headLsn());
            assertTrue(now >= reach && now <= history.headLsn(), "how far a base reaches only rises: " + now);
            assertTrue(now >= lsns.get(2), "a base reaches what the store was told to be committed");
            reach = now;
            try (BasePin pin = source.source().pinFullBase(reach)) {
                assertTrue(
                        pin.base().lsn() >= reach,
                        "the base is at " + pin.base().lsn() + ", below " + reach);
            }
        }
        long above = source.source().history().headLsn() + 1;
        assertThrows(
                RecoveryException.class,
                () -> source.source().pinFullBase(above).close(),
                "above the head");
    }

    /** What is frozen stays as it is, byte for byte, while the host writes, takes checkpoints and trims. */
    @Test
    default void required_R16_aFrozenBaseStaysAsItIs() throws RecoveryException {
        VolumeStore source = bench().open("source");
        bench().write(source, 1, bench().units(1));
        try (BasePin pin = source.source().pinFullBase(bench().commitAll(source))) {
            byte[] before = Base.read(pin);
            for (int i = 0; i < 3; i++) {
                List<Long> lsns = bench().write(source, 2, bench().units(1));
                bench().commitAll(source);
                if (i == 1) {
                    bench().fixture().checkpoint(source);
                    bench().trim(source, lsns.get(0));
                }
                assertArrayEquals(before, Base.read(pin), "the image, after " + lsns.get(0));
            }
        }
    }

    /** A read fills the buffer, but at the end of the image, wherever it begins. */
    @Test
    default void required_R11_aReadIsShortOnlyAtTheEnd() throws RecoveryException {
        VolumeStore source = bench().open("source");
        bench().write(source, 1, 40);
        try (BasePin pin = source.source().pinFullBase(bench().commitAll(source))) {
            byte[] image = Base.read(pin);
            for (int i = 0; i < 50; i++) {
                int at = bench().random().nextInt(image.length);
                ByteBuffer into = ByteBuffer.allocate(1 + bench().random().nextInt(image.length));
                int expected = Math.min(into.remaining(), image.length - at);
                assertEquals(expected, pin.read(at, into), "bytes read at " + at + " of " + image.length);
                assertEquals(expected, into.position(), "the buffer's position");
                assertArrayEquals(
                        Arrays.copyOfRange(image, at, at + expected),
                        Arrays.copyOf(into.array(), expected),
                        "bytes at " + at);
            }
            assertTrue(pin.read(image.length, ByteBuffer.allocate(8)) <= 0, "nothing is behind the end");
        }
    }

    /** A base that was closed is read no more, and closing it again does nothing. */
    @Test
    default void required_R12_aClosedBaseIsReadNoMore() throws RecoveryException {
        VolumeStore source = bench().open("source");
        bench().write(source, 1, 10);
        long head = bench().commitAll(source);
        BasePin pin = source.source().pinFullBase(head);
        BasePin other = source.source().pinFullBase(head);
        pin.close();
        pin.close();
        assertThrows(LogTrimmedException.class, () -> pin.read(0, ByteBuffer.allocate(8)), "it is held no more");
        assertEquals(other.base().sizeBytes(), Base.read(other).length, "each pin holds by itself");
        other.close();
    }

    /** Bases that were pinned and let go leave nothing open. */
    @Test
    default void required_R12_basesLeaveNothingOpen() throws RecoveryException, IOException {
        VolumeStore source = bench().open("source");
        bench().write(source, 1, 10);
        Base.full(bench(), source); // what the engine opens once and keeps
        bench().requireNoLeak(() -> {
            for (int i = 0; i < 5; i++) {
                Base.full(bench(), source);
            }
        });
    }

    /** The newest checkpoint is pinned by its LSN alone, and its image is the content up to there. */
    @Test
    default void required_R16_aSnapshotIsTheNewestCheckpoint() throws RecoveryException {
        VolumeStore source = bench().open("source");
        bench().write(source, 1, 20);
        String content = bench().digest(source);
        bench().fixture().checkpoint(source);
        RetainedHistory history = source.source().history();
        if (!bench().declares(Capability.SNAPSHOT)) {
            assertThrows(
                    RecoveryException.class,
                    () -> source.source().pinSnapshot(history.checkpointLsn()).close(),
                    "it is not declared");
            return;
        }
        assertTrue(history.checkpointTrusted(), "the checkpoint is trusted");
        assertEquals(history.headLsn(), history.checkpointLsn(), "the checkpoint is at the last committed entry");
        try (BasePin pin = source.source().pinSnapshot(history.checkpointLsn())) {
            assertEquals(history.checkpointLsn(), pin.base().lsn(), "exactly this LSN");
            assertEquals(
                    history.lineage().orElseThrow().upTo(pin.base().lsn()),
                    pin.base().lineage(),
                    "lineage");
            long later = bench().write(source, 2, 5).get(4);
            bench().commitAll(source);
            VolumeStore target = bench().open("target");
            Base.of(bench(), pin).install(target);
            assertEquals(content, bench().digest(target), "content at the checkpoint");
            bench().fixture().checkpoint(source);
            assertEquals(later, source.source().history().checkpointLsn(), "a newer checkpoint");
            assertThrows(
                    RetriableException.class,
                    () -> source.source().pinSnapshot(history.checkpointLsn()).close(),
                    "there is a newer checkpoint: plan again");
            assertEquals(pin.base().sizeBytes(), Base.read(pin).length, "the one that is held stays");
        }
    }

    /** Two stores with the same entries have the same image, whatever became of them before. */
    @Test
    default void required_R17_sameEntriesGiveTheSameImageWhenDeclared() throws RecoveryException {
        VolumeStore source = bench().open("source");
        bench().write(source, 1, 40);
        if (!bench().declares(Capability.SAME_IMAGE)) {
            return;
        }
        Base base = Base.full(bench(), source);
        VolumeStore appended = bench().open("appended");
        appended.target().append(Batches.all(source));
        VolumeStore installed = bench().open("installed");
        base.install(installed);
        List<Long> more = bench().write(source, 2, 5);
        for (VolumeStore store : List.of(appended, installed)) {
            store.target().append(Batches.after(source, base.descriptor().lsn()));
            store.target().flush();
            assertArrayEquals(
                    Base.full(bench(), source).bytes(),
                    Base.full(bench(), store).bytes(),
                    "the image of " + store.replica() + " at " + more.get(4));
        }
    }
}
