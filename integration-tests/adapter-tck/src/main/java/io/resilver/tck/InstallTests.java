package io.resilver.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.TruncationUnsafeException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.storage.StagedInstall;
import io.resilver.spi.storage.VolumeStore;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A base image on its way in: beside the old content, whole or not at all, and gone on with after an end. */
public interface InstallTests extends TckArea {
    /** A source with so much content that its image has a few ranges. */
    private VolumeStore source() throws RecoveryException {
        VolumeStore source = bench().open("source");
        bench().write(source, 1, 30);
        bench().write(source, 2, 10);
        return source;
    }

    /** A target with a history of its own, less than the source's, none of it committed. */
    private VolumeStore behind() throws RecoveryException {
        VolumeStore target = bench().open("target");
        bench().write(target, 1, 5);
        return target;
    }

    /** An installed base is the source's content at its LSN, and the source's log follows it. */
    @Test
    default void required_R16_anInstallGivesTheSourcesContent() throws RecoveryException {
        VolumeStore source = source();
        String content = bench().digest(source);
        Base base = Base.full(bench(), source);
        VolumeStore target = behind();
        long old = target.target().position().flushedLsn();
        assertTrue(old < base.descriptor().lsn(), "the target is behind");
        base.install(target);
        base.assertInstalled(target);
        assertEquals(content, bench().digest(target), "content");
        assertThrows(LogTrimmedException.class, () -> target.source().pinLog(old), "the old log is gone");
        bench().write(source, 3, 5);
        target.target().append(Batches.after(source, base.descriptor().lsn()));
        target.target().flush();
        assertEquals(bench().digest(source), bench().digest(target), "content, with the tail");
        assertEquals(
                source.source().history().lineage(), target.target().position().lineage(), "lineage, with the tail");
    }

    /** What an install made is there when the store is opened again, and can be a source itself. */
    @Test
    default void required_R16_anInstallIsDurable() throws RecoveryException {
        VolumeStore source = source();
        Base base = Base.full(bench(), source);
        VolumeStore target = behind();
        base.install(target);
        target = bench().reopen(target);
        base.assertInstalled(target);
        VolumeStore third = bench().open("third");
        Base.full(bench(), target).install(third);
        assertEquals(bench().digest(source), bench().digest(third), "content, at second hand");
    }

    /** Until the commit the store is what it was. */
    @Test
    default void required_R16_nothingIsSeenBeforeTheCommit() throws RecoveryException {
        Base base = Base.full(bench(), source());
        VolumeStore target = behind();
        String content = bench().digest(target);
        EntryBatch log = Batches.all(target);
        ReplicaPosition before = target.target().position();
        try (StagedInstall install = target.target().beginInstall(base.descriptor())) {
            base.writeRest(install);
            assertAsBefore(target, before, log, content);
            install.flush();
            assertAsBefore(target, before, log, content);
        }
        assertAsBefore(target, before, log, content);
        assertAsBefore(bench().reopen(target), before, log, content);
    }

    /** The old position and content, or one that says not usable; never a mix. */
    private void assertAsBefore(VolumeStore target, ReplicaPosition before, EntryBatch log, String content)
            throws RecoveryException {
        ReplicaPosition now = target.target().position();
        if (now.usable()) {
            assertEquals(before.flushedLsn(), now.flushedLsn(), "flushed, before the commit");
            assertEquals(before.lineage(), now.lineage(), "lineage, before the commit");
            Batches.assertSame(log, Batches.all(target), "log, before the commit");
            assertEquals(content, bench().digest(target), "content, before the commit");
        }
    }

    /** What was durable is not asked for again, after the store was closed, and is what was written. */
    @Test
    default void required_R17_anInstallIsGoneOnWith() throws RecoveryException {
        VolumeStore source = source();
        Base base = Base.full(bench(), source);
        VolumeStore target = behind();
        int last = (int) base.descriptor().ranges() - 1;
        try (StagedInstall install = target.target().beginInstall(base.descriptor())) {
            assertTrue(install.durableRanges().isEmpty(), "nothing is there");
            install.write(last, base.range(last));
            install.write(0, base.range(0));
            install.flush();
            install.write(1, base.range(1));
        }
        target = bench().reopen(target);
        try (StagedInstall install = target.target().beginInstall(base.descriptor())) {
            BitSet durable = install.durableRanges();
            assertTrue(durable.get(0) && durable.get(last), "what was durable is told: " + durable);
            durable.clear(1); // it may have become durable: then it must be right
            assertEquals(2, durable.cardinality(), "a range that was never written is told: " + durable);
            for (int range : install.durableRanges().stream().toArray()) {
                assertEquals(base.range(range).slice(), Base.readBack(install, range), "range " + range);
            }
            base.writeRest(install);
            install.flush();
            install.commit();
        }
        base.assertInstalled(target);
        assertEquals(bench().digest(source), bench().digest(target), "content");
    }

    /** What was staged for another base is not that of this one. */
    @Test
    default void required_R17_anotherBaseBeginsAnew() throws RecoveryException {
        Base base = Base.full(bench(), source());
        BaseDescriptor one = base.descriptor();
        Lineage lineage = new Lineage(List.of(Writers.element(1, 1), Writers.element(7, 2)));
        List<BaseDescriptor> others = List.of(
                new BaseDescriptor(one.lsn() + 1, one.lineage(), one.sizeBytes(), one.rangeBytes()),
                new BaseDescriptor(one.lsn(), lineage, one.sizeBytes(), one.rangeBytes()),
                new BaseDescriptor(one.lsn(), one.lineage(), one.sizeBytes() - 1, one.rangeBytes()));
        VolumeStore target = behind();
        for (BaseDescriptor other : others) {
            try (StagedInstall install = target.target().beginInstall(one)) {
                assertTrue(install.durableRanges().isEmpty(), "the base before was another one");
                base.writeRest(install);
                install.flush();
                assertEquals(one.ranges(), install.durableRanges().cardinality(), "what is flushed is durable");
            }
            try (StagedInstall install = target.target().beginInstall(other)) {
                assertEquals(other, install.base());
                assertTrue(install.durableRanges().isEmpty(), other + " is not " + one);
            }
        }
    }

    /** A base with a hole is never committed. */
    @Test
    default void required_R18_aMissingRangeIsRefused() throws RecoveryException {
        VolumeStore source = source();
        Base base = Base.full(bench(), source);
        VolumeStore target = behind();
        ReplicaPosition before = target.target().position();
        EntryBatch log = Batches.all(target);
        try (StagedInstall install = target.target().beginInstall(base.descriptor())) {
            for (int i = 0; i < base.descriptor().ranges(); i++) {
                if (i != 1) {
                    install.write(i, base.range(i));
                }
            }
            install.flush();
            assertFalse(install.durableRanges().get(1), "a range that was never written is told");
            assertThrows(PermanentException.class, install::commit, "range 1 is missing");
            assertEquals(before.flushedLsn(), target.target().position().flushedLsn(), "nothing was changed");
            Batches.assertSame(log, Batches.all(target), "nothing was changed");
            install.write(1, base.range(1));
            install.flush();
            install.commit();
        }
        assertEquals(bench().digest(source), bench().digest(target), "content");
    }

    /** A staged range is read back as it was written, from whatever buffer, wherever it lies in it. */
    @Test
    default void required_R18_aStagedRangeIsReadBack() throws RecoveryException {
        Base base = Base.full(bench(), source());
        VolumeStore target = behind();
        try (StagedInstall install = target.target().beginInstall(base.descriptor())) {
            for (int i = 0; i < base.descriptor().ranges(); i++) {
                ByteBuffer range = base.range(i);
                ByteBuffer direct =
                        ByteBuffer.allocateDirect(range.remaining() + 3).position(3);
                direct.put(range.duplicate()).flip().position(3);
                install.write(i, i % 2 == 0 ? direct.asReadOnlyBuffer() : range);
            }
            install.flush();
            for (int i = 0; i < base.descriptor().ranges(); i++) {
                assertEquals(base.range(i).slice(), Base.readBack(install, i), "range " + i);
            }
        }
    }

    /** The buffer of a range is its caller's again after the call, who has another range in it by then. */
    @Test
    default void required_R51_aRangesBufferIsNotKept() throws RecoveryException {
        VolumeStore source = source();
        Base base = Base.full(bench(), source);
        VolumeStore target = behind();
        ByteBuffer one = ByteBuffer.allocate(base.descriptor().rangeLength(0));
        try (StagedInstall install = target.target().beginInstall(base.descriptor())) {
            for (int i = 0; i < base.descriptor().ranges(); i++) {
                install.write(i, one.clear().put(base.range(i)).flip());
            }
            Arrays.fill(one.array(), (byte) 0xA5);
            install.flush();
            install.commit();
        }
        base.assertInstalled(target);
        assertEquals(bench().digest(source), bench().digest(target), "content");
    }

    /** What is committed is not replaced by less. */
    @Test
    default void required_R15_aBaseBelowTheCommittedBoundIsRefused() throws RecoveryException {
        Base base = Base.full(bench(), source());
        VolumeStore target = bench().open("target");
        bench().write(target, 1, 60);
        EntryBatch log = Batches.all(target);
        assertTrue(log.last().lsn() > base.descriptor().lsn(), "the target is ahead");
        target.target().committed(log.last().lsn());
        assertThrows(
                TruncationUnsafeException.class,
                () -> target.target().beginInstall(base.descriptor()).close(),
                "the target has more that is committed");
        Batches.assertSame(log, Batches.all(target), "nothing was changed");
    }

    /** The same, where more was committed while the base came. */
    @Test
    default void required_R15_aBaseThatFellBehindIsNotCommitted() throws RecoveryException {
        Base base = Base.full(bench(), source());
        VolumeStore target = bench().open("target");
        bench().write(target, 1, 60);
        EntryBatch log = Batches.all(target);
        try (StagedInstall install = target.target().beginInstall(base.descriptor())) {
            base.writeRest(install);
            install.flush();
            target.target().committed(log.last().lsn());
            assertThrows(TruncationUnsafeException.class, install::commit, "the target has more that is committed");
        }
        Batches.assertSame(log, Batches.all(target), "nothing was changed");
        Batches.assertSame(log, Batches.all(bench().reopen(target)), "nothing was changed");
    }

    /** An install replaces content, never what the store promised or which disk it is. */
    @Test
    default void required_R16_anInstallKeepsPromiseAndIdentity() throws RecoveryException {
        Base base = Base.full(bench(), source());
        VolumeStore target = behind();
        Epoch promise = Writers.epoch(8);
        target.target().promise(promise);
        StoreIdentity identity = new StoreIdentity(target.target().identity().id(), 5);
        target.target().identify(identity);
        base.install(target);
        assertEquals(Optional.of(promise), target.target().promise(), "promise");
        assertEquals(identity, target.target().identity(), "identity");
    }

    /** A store that counts for nothing counts again once a base is installed. */
    @Test
    default void required_R36_anInstallMakesAnUnusableStoreUsable() throws RecoveryException {
        VolumeStore source = source();
        Base base = Base.full(bench(), source);
        VolumeStore target = behind();
        target.target().markUnusable("the disk was replaced");
        assertFalse(target.target().position().usable(), "it was marked");
        base.install(target);
        base.assertInstalled(target);
        assertEquals(bench().digest(source), bench().digest(target), "content");
    }

    /** What was discarded is gone, and the store is what it was. */
    @Test
    default void required_R17_whatIsDiscardedIsGone() throws RecoveryException {
        Base base = Base.full(bench(), source());
        VolumeStore target = behind();
        EntryBatch log = Batches.all(target);
        StagedInstall install = target.target().beginInstall(base.descriptor());
        base.writeRest(install);
        install.flush();
        install.discard();
        install.discard();
        install.close();
        Batches.assertSame(log, Batches.all(target), "the old log");
        try (StagedInstall again = target.target().beginInstall(base.descriptor())) {
            assertTrue(again.durableRanges().isEmpty(), "what was discarded is told");
        }
    }

    /** One install at a time, which ends by commit, discard or close. */
    @Test
    default void required_R1_oneInstallIsOpenAtATime() throws RecoveryException {
        VolumeStore source = source();
        Base base = Base.full(bench(), source);
        VolumeStore target = behind();
        StagedInstall install = target.target().beginInstall(base.descriptor());
        assertThrows(
                RecoveryException.class,
                () -> target.target().beginInstall(base.descriptor()).close(),
                "one is open");
        base.writeRest(install);
        install.close();
        install.close();
        assertThrows(RecoveryException.class, () -> install.write(0, base.range(0)), "it was closed");
        try (StagedInstall again = target.target().beginInstall(base.descriptor())) {
            base.writeRest(again);
            again.flush();
            again.commit();
            again.discard(); // does nothing any more
        }
        base.assertInstalled(target);
        assertEquals(bench().digest(source), bench().digest(target), "content");
    }

    /** The base of a store in which nothing was ever written. */
    @Test
    default void required_R16_anEmptyBaseIsInstalled() throws RecoveryException {
        VolumeStore source = bench().open("source");
        Base base = Base.full(bench(), source);
        assertEquals(0, base.descriptor().lsn(), "nothing was written");
        VolumeStore target = behind();
        base.install(target);
        base.assertInstalled(target);
        assertEquals(bench().digest(source), bench().digest(target), "content");
        bench().write(source, 3, 3);
        target.target().append(Batches.all(source));
        target.target().flush();
        assertEquals(bench().digest(source), bench().digest(target), "content, with the tail");
    }

    /** What the old image may have of a base fills its range, or is not offered. */
    @Test
    default void optional_R17_candidatesFillTheirRange() throws RecoveryException {
        VolumeStore source = source();
        Base base = Base.full(bench(), source);
        VolumeStore target = bench().open("target");
        target.target().append(Batches.all(source));
        bench().commitAll(target);
        bench().fixture().checkpoint(target);
        try (StagedInstall install = target.target().beginInstall(base.descriptor())) {
            long candidates = install.candidates();
            assertTrue(candidates >= 0 && candidates <= base.descriptor().ranges(), candidates + " candidates");
            for (long i = 0; i < candidates; i++) {
                ByteBuffer into = ByteBuffer.allocate(base.descriptor().rangeLength(i));
                boolean offered = install.candidate(i, into);
                assertTrue(!offered || !into.hasRemaining(), "candidate " + i + " was not filled");
            }
            bench().offers(candidates > 0);
            assertTrue(install.durableRanges().isEmpty(), "a candidate is no range that is there");
        }
    }

    /** A target with a checkpoint of a part of the source's content. */
    private VolumeStore withAnOldImage(VolumeStore source) throws RecoveryException {
        VolumeStore target = bench().open("target");
        target.target().append(Batches.all(source));
        bench().commitAll(target);
        bench().fixture().checkpoint(target);
        return target;
    }

    /** Keeps what the old image has of a base and is not durable, and makes it durable: which ranges these are. */
    private BitSet keep(StagedInstall install, Base base) throws RecoveryException {
        BitSet kept = new BitSet();
        BitSet durable = install.durableRanges();
        long candidates = Math.min(install.candidates(), base.descriptor().ranges());
        for (int i = 0; i < candidates; i++) {
            ByteBuffer into = ByteBuffer.allocate(base.descriptor().rangeLength(i));
            if (!durable.get(i) && install.candidate(i, into) && into.flip().equals(base.range(i)) && install.keep(i)) {
                kept.set(i);
            }
        }
        install.flush();
        return kept;
    }

    private void assertDurableIsTheBase(StagedInstall install, Base base) throws RecoveryException {
        for (int range : install.durableRanges().stream().toArray()) {
            assertEquals(base.range(range).slice(), Base.readBack(install, range), "range " + range);
        }
    }

    /** What the old image has of a base may be kept of it, and is as if it had been written. */
    @Test
    default void optional_R17_aKeptRangeIsTheCandidate() throws RecoveryException {
        VolumeStore source = source();
        VolumeStore target = withAnOldImage(source);
        bench().writeInOnePlace(source, 3, 5);
        Base base = Base.full(bench(), source);
        String content = bench().digest(target);
        EntryBatch log = Batches.all(target);
        ReplicaPosition before = target.target().position();
        BitSet kept;
        try (StagedInstall install = target.target().beginInstall(base.descriptor())) {
            kept = keep(install, base);
            if (!bench().offers(!kept.isEmpty())) {
                return;
            }
            assertEquals(kept, install.durableRanges(), "what is kept and flushed is durable, and nothing else");
            assertDurableIsTheBase(install, base);
            assertAsBefore(target, before, log, content);
        }
        assertAsBefore(target, before, log, content);
        target = bench().reopen(target);
        assertAsBefore(target, before, log, content);
        try (StagedInstall install = target.target().beginInstall(base.descriptor())) {
            BitSet others = install.durableRanges();
            others.andNot(kept);
            assertTrue(others.isEmpty(), "ranges that were neither written nor kept are told: " + others);
            keep(install, base); // what a close forgot
            base.writeRest(install);
            install.flush();
            assertDurableIsTheBase(install, base);
            assertAsBefore(target, before, log, content);
            install.commit();
        }
        base.assertInstalled(target);
        assertEquals(bench().digest(source), bench().digest(target), "content");
        target = bench().reopen(target);
        base.assertInstalled(target);
        assertEquals(bench().digest(source), bench().digest(target), "content, opened again");
    }

    /** An image that changes under what was kept of it makes no other image of a base. */
    @Test
    default void optional_R18_aKeptRangeEndsWithItsImage() throws RecoveryException {
        VolumeStore source = source();
        VolumeStore target = withAnOldImage(source);
        bench().writeInOnePlace(source, 3, 60);
        Base base = Base.full(bench(), source);
        try (StagedInstall install = target.target().beginInstall(base.descriptor())) {
            if (!bench().offers(!keep(install, base).isEmpty())) {
                return;
            }
        }
        changeTheImage(target, base);
        bench().write(target, 5, 10);
        try (StagedInstall install = target.target().beginInstall(base.descriptor())) {
            assertDurableIsTheBase(install, base);
            keep(install, base);
            assertDurableIsTheBase(install, base);
            bench().commitAll(target); // the image may follow while the base comes
            bench().fixture().checkpoint(target);
            base.writeRest(install);
            install.flush();
            assertDurableIsTheBase(install, base);
            try {
                install.commit();
            } catch (RecoveryException refused) {
                install.discard();
            }
        }
        if (target.target().position().flushedLsn() != base.descriptor().lsn()) {
            base.install(target);
        }
        base.assertInstalled(target);
        assertEquals(bench().digest(source), bench().digest(target), "content");
    }

    private void changeTheImage(VolumeStore target, Base base) throws RecoveryException {
        bench().write(target, 4, 20);
        bench().commitAll(target);
        bench().fixture().checkpoint(target);
        long head = target.target().position().flushedLsn();
        assertTrue(head < base.descriptor().lsn(), "the target is behind, as far as it is committed");
    }
}
