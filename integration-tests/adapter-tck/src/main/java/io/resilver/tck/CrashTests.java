package io.resilver.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.storage.Capability;
import io.resilver.spi.storage.VolumeStore;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * A process is killed while it changes stores, and what it reported as durable is compared with what is there. Killing a process
 * loses nothing of what the system has taken in: see {@link Untested#untested_R30_powerFailure}.
 */
public interface CrashTests extends TckArea {
    /** The property that asks for more than one kill. */
    String MORE = "resilver.chaos";

    /** Kills where more were asked for: each falls elsewhere. */
    int MANY = 25;

    private static int rounds() {
        return Boolean.getBoolean(MORE) ? MANY : 1;
    }

    private void eachRound(Scene.Look look) throws Exception {
        for (int round = 0; round < rounds(); round++) {
            Scene scene = bench().scenes().get(round);
            try {
                look.at(scene);
            } finally {
                scene.leave();
            }
        }
    }

    /** What a flush answered for is there, whole and in order, and committed is at most what was told. */
    @Test
    default void required_R30_whatWasFlushedSurvivesAKill() throws Exception {
        eachRound(scene -> {
            VolumeStore source = scene.open(Scene.SOURCE);
            EntryBatch whole = Batches.all(source);
            VolumeStore target = scene.open(CrashWork.Kind.APPEND);
            List<String> reported = scene.reported(CrashWork.Kind.APPEND);
            ReplicaPosition position = target.target().position();
            EntryBatch log = Batches.all(target);
            assertTrue(
                    position.flushedLsn()
                            >= scene.last(CrashWork.Kind.APPEND, "durable").orElse(0L),
                    position + ", and these were reported: " + reported);
            assertTrue(
                    position.committedLsn().orElse(0)
                            <= scene.last(CrashWork.Kind.APPEND, "committed").orElse(0L),
                    position + ", and these were reported: " + reported);
            assertEquals(position.flushedLsn(), log.last().lsn(), "the log ends at flushed");
            Batches.assertSame(Batches.part(whole, 0, log.entries().size()), log, "what is there");
            target.target().append(whole);
            target.target().flush();
            Batches.assertSame(whole, Batches.all(target), "it goes on");
            assertEquals(scene.bench().digest(source), scene.bench().digest(target), "content");
        });
    }

    /** A promise that was answered for holds, and so does the count of opens. */
    @Test
    default void required_R2_aPromiseSurvivesAKill() throws Exception {
        eachRound(scene -> {
            VolumeStore target = scene.open(CrashWork.Kind.PROMISE);
            List<String> reported = scene.reported(CrashWork.Kind.PROMISE);
            long promised = target.target().promise().map(Epoch::number).orElse(0L);
            StoreIdentity identity = target.target().identity();
            assertTrue(
                    promised >= scene.last(CrashWork.Kind.PROMISE, "promised").orElse(0L),
                    "promised is " + promised + ", and these were reported: " + reported);
            assertTrue(
                    identity.openCount()
                            >= scene.last(CrashWork.Kind.PROMISE, "opened").orElse(0L),
                    "the open count is " + identity + ", and these were reported: " + reported);
            assertEquals(scene.promising().id(), identity.id(), "the id");
        });
    }

    /** A truncation is there in whole or not at all. */
    @Test
    default void required_R15_aTruncationIsAtomicAcrossAKill() throws Exception {
        if (!bench().declares(Capability.TRUNCATE)) {
            return; // that it refuses is asserted among the truncations
        }
        eachRound(scene -> {
            EntryBatch whole = Batches.part(Batches.all(scene.open(Scene.SOURCE)), 0, CrashWork.TRUNCATED_ENTRIES);
            VolumeStore target = scene.open(CrashWork.Kind.TRUNCATE);
            List<String> reported = scene.reported(CrashWork.Kind.TRUNCATE);
            EntryBatch log = Batches.all(target);
            int size = log.entries().size();
            Batches.assertSame(Batches.part(whole, 0, size), log, "what is there");
            int kept = scene.last(CrashWork.Kind.TRUNCATE, "cutting")
                    .map(Long::intValue)
                    .orElse(size);
            String end = reported.get(reported.size() - 1);
            if (end.startsWith("cutting")) {
                assertTrue(
                        size == kept || size == CrashWork.TRUNCATED_ENTRIES,
                        size + " entries are left, and these were reported: " + reported);
            } else if (end.startsWith("cut")) {
                assertTrue(size >= kept, size + " entries are left, and these were reported: " + reported);
            }
            target.target().append(whole);
            target.target().flush();
            Batches.assertSame(whole, Batches.all(target), "it goes on");
        });
    }

    /** Of an install that was killed the old content is left, or the new one, or a store that says not usable. */
    @Test
    default void required_R16_anInstallIsAtomicAcrossAKill() throws Exception {
        eachRound(scene -> {
            VolumeStore source = scene.open(Scene.SOURCE_OF_BASE);
            String wanted = scene.bench().digest(source);
            Base base = Base.full(scene.bench(), source);
            VolumeStore target = scene.open(CrashWork.Kind.INSTALL);
            List<String> reported = scene.reported(CrashWork.Kind.INSTALL);
            ReplicaPosition position = target.target().position();
            if (reported.contains("installed")
                    || position.flushedLsn() != scene.before().last().lsn()) {
                assertTrue(reported.contains("committing"), "nothing is installed before it is committed: " + reported);
                base.assertInstalled(target);
                assertEquals(wanted, scene.bench().digest(target), "the new content, after " + reported);
            } else if (position.usable()) {
                Batches.assertSame(scene.before(), Batches.all(target), "the old content, after " + reported);
            }
            assertEquals(Optional.of(Writers.epoch(5)), target.target().promise(), "the promise");
            assertEquals(4, target.target().identity().openCount(), "the open count");
            base.install(target);
            assertEquals(wanted, scene.bench().digest(target), "a new install ends with the base");
        });
    }
}
