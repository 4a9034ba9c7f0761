package io.resilver.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.MintId;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.Capability;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.StagedInstall;
import io.resilver.spi.storage.VolumeStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Refusals that carry what their caller needs, and damage that is named and never served. */
public interface ErrorTests extends TckArea {
    /** A lower epoch is refused, and the error says which one was promised. */
    @Test
    default void required_R3_aLowerPromiseIsRefused() throws RecoveryException {
        VolumeStore store = bench().open("source");
        store.target().promise(Writers.epoch(4));
        FencedException refused =
                assertThrows(FencedException.class, () -> store.target().promise(Writers.epoch(3)));
        assertEquals(4, refused.promisedEpoch(), "the error says what was promised");
        assertEquals(Optional.of(Writers.epoch(4)), store.target().promise(), "nothing was changed");
        store.target().promise(Writers.epoch(4));
        store.target().promise(Writers.epoch(6));
        assertEquals(Optional.of(Writers.epoch(6)), store.target().promise(), "a higher one is taken");
    }

    /** The same number with another mint id is another epoch: refused, never agreement. */
    @Test
    default void required_R3_anotherMintOfThePromisedEpochIsRefused() throws RecoveryException {
        VolumeStore store = bench().open("source");
        store.target().promise(Writers.epoch(4));
        Epoch conflict = new Epoch(4, new MintId("mint-other"));
        assertThrows(FencedException.class, () -> store.target().promise(conflict));
        assertEquals(Optional.of(Writers.epoch(4)), store.target().promise(), "nothing was changed");
    }

    /** A damaged entry is named, at open or when it is read; it is never served, and nothing behind it is. */
    @Test
    default void optional_R20_aDamagedEntryIsNamedAndNotServed() throws RecoveryException, IOException {
        VolumeStore store = bench().open("source");
        List<Long> lsns = bench().write(store, 1, bench().units(2) + 3);
        EntryBatch whole = Batches.all(store);
        int index = 1 + bench().random().nextInt(lsns.size() - 2);
        store.close();
        if (!bench().offers(bench().fixture().damageEntry(bench().directory(), store.replica(), lsns.get(index)))) {
            return;
        }
        List<EntryId> read = new ArrayList<>();
        CorruptException named = assertThrows(
                CorruptException.class,
                () -> {
                    VolumeStore damaged = bench().open("source");
                    try (LogPin pin = damaged.source().pinLog(0);
                            EntryCursor cursor = pin.open(0)) {
                        EntryBatch batch = cursor.next(Batches.ALL, 1);
                        while (!batch.isEmpty()) {
                            read.addAll(Batches.ids(batch));
                            batch = cursor.next(Batches.ALL, 1);
                        }
                    }
                },
                "entry " + lsns.get(index) + " was damaged, and these were read: " + read);
        assertNames(named);
        assertEquals(Batches.ids(whole).subList(0, read.size()), read, "what was served before it");
        assertTrue(read.size() <= index, "the damaged entry was served");
    }

    /** A damaged image is named, at open or when a base of it is read. */
    @Test
    default void optional_R17_aDamagedImageIsNamedAndNotServed() throws RecoveryException, IOException {
        VolumeStore store = bench().open("source");
        bench().write(store, 1, 40);
        bench().commitAll(store);
        bench().fixture().checkpoint(store);
        store.close();
        boolean checked = bench().declares(Capability.CHECKED_IMAGE);
        if (!checked || !bench().offers(bench().fixture().damageImage(bench().directory(), store.replica()))) {
            return;
        }
        assertNames(assertThrows(CorruptException.class, () -> {
            VolumeStore damaged = bench().open("source");
            try (BasePin pin = damaged.source().pinFullBase(0)) {
                Base.read(pin);
            }
        }));
    }

    /** A range that is not any more what was staged does not count, or is named when it is read back. */
    @Test
    default void optional_R18_aDamagedRangeIsNamedOrNotCounted() throws RecoveryException, IOException {
        VolumeStore source = bench().open("source");
        bench().write(source, 1, 40);
        Base base = Base.full(bench(), source);
        VolumeStore target = bench().open("target");
        try (StagedInstall install = target.target().beginInstall(base.descriptor())) {
            base.writeRest(install);
            install.flush();
        }
        target.close();
        long offset = base.descriptor().rangeBytes() + base.descriptor().rangeLength(1) / 2L;
        if (!bench().offers(bench().fixture().damageStaged(bench().directory(), target.replica(), offset))) {
            return;
        }
        target = bench().open("target");
        try (StagedInstall install = target.target().beginInstall(base.descriptor())) {
            if (install.durableRanges().get(1)) {
                assertNames(assertThrows(CorruptException.class, () -> Base.readBack(install, 1)));
            }
            for (int i = 0; i < base.descriptor().ranges(); i++) {
                install.write(i, base.range(i)); // the driver sends again what does not verify
            }
            install.flush();
            install.commit();
        }
        assertEquals(bench().digest(source), bench().digest(target), "content");
    }

    private static void assertNames(CorruptException damage) {
        assertFalse(damage.where().isBlank(), "the error names the file or object");
        assertTrue(damage.offset() >= 0, "the error says from which byte on");
    }
}
