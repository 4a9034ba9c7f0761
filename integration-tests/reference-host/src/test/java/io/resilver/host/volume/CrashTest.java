package io.resilver.host.volume;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.host.disk.CrashDisk;
import io.resilver.host.disk.DiskFile;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * R2, R15, R16, R30, R36: random scripts of changes, ended by a power failure at each of their disk operations in turn, by an
 * operation that fails, or by the death of the process. Whatever the disk then holds, the store opens, has every flushed
 * entry, the promise and the identity, an image of exactly its committed entries, and each truncation and install in whole
 * or not at all.
 */
class CrashTest {
    private static final int STEPS = 25;
    private static final int LARGE_BYTES = 128 << 10;
    private static final int LARGE_ENTRIES = 24;
    private static final StoreIdentity FIRST = new StoreIdentity(new StoreId("first"), 0);

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 40);
    }

    private static Script begin(CrashDisk disk, long seed) throws RecoveryException {
        try (FileVolume volume = Fixture.open(disk)) {
            volume.target().identify(FIRST);
        }
        return new Script(seed, Model.empty(FIRST));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aPowerFailureAtAnyOperationLeavesOneOfTheTwoStates(long seed) throws Exception {
        boolean crashed = true;
        for (int at = 1; crashed; at++) {
            CrashDisk disk = new CrashDisk();
            Script script = begin(disk, seed);
            disk.loseAt(at);
            crashed = !completes(disk, script);
            CrashDisk next = disk.restarted(new Random(seed * 1000 + at));
            check(next, script, "seed " + seed + ", operation " + at);
        }
    }

    /** Also a crash during the recovery from a crash. */
    @ParameterizedTest
    @MethodSource("seeds")
    void aPowerFailureDuringRecoveryIsRecoveredFrom(long seed) throws Exception {
        Random random = new Random(seed);
        for (int round = 0; round < 20; round++) {
            CrashDisk disk = new CrashDisk();
            Script script = begin(disk, seed);
            disk.loseAt(1 + random.nextInt(120));
            completes(disk, script);
            for (int again = 1; again < 4; again++) {
                disk = disk.restarted(random);
                disk.loseAt(1 + random.nextInt(12));
                try {
                    Fixture.open(disk).close();
                } catch (RecoveryException e) {
                    assertThat(disk.isOff()).as(e.toString()).isTrue();
                }
            }
            check(disk.restarted(random), script, "seed " + seed + ", round " + round);
        }
    }

    /**
     * One operation fails and the disk lives on. The store either is as it was, or refuses every change until it is opened
     * again; and what it then calls flushed survives a power failure, though the system may have dropped it.
     */
    @ParameterizedTest
    @MethodSource("seeds")
    void afterAFailedOperationNothingIsClaimedThatIsNotThere(long seed) throws Exception {
        boolean failed = true;
        for (int at = 1; failed; at++) {
            String name = "seed " + seed + ", operation " + at;
            CrashDisk disk = new CrashDisk();
            Script script = begin(disk, seed);
            disk.failOnceAt(at);
            survives(disk, script, name);
            failed = disk.hasFailed();
            disk.failNoMore();
            disk.processDied();
            long claimed;
            try (FileVolume volume = Fixture.open(disk)) {
                claimed = volume.target().position().flushedLsn();
                CrashDisk next = disk.restarted(new Random(at));
                check(next, script, name);
                try (FileVolume again = Fixture.open(next)) {
                    assertThat(again.target().position().flushedLsn()).as(name).isEqualTo(claimed);
                }
            }
        }
    }

    /**
     * Entries that only replace each other's bytes, so that each byte of the image tells which entries reached it. Together
     * they are three times as much as may wait in memory, so that the image must take some before the rest is read.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, LARGE_ENTRIES})
    @DisplayName("R15 R30: the committed bound is durable before the image has anything that only this bound covers")
    void theImageHasNothingThatTheDurableBoundDoesNotCover(int committedAtOnce) throws Exception {
        CrashDisk written = new CrashDisk();
        try (FileVolume volume = openLarge(written)) {
            for (int i = 1; i <= LARGE_ENTRIES; i++) {
                byte[] data = new byte[LARGE_BYTES];
                Arrays.fill(data, (byte) i);
                volume.append(Fixture.writer(1, 1), 0, ByteBuffer.wrap(data));
            }
            volume.flush();
        }
        int partly = 0;
        boolean crashed = true;
        for (int at = 1; crashed; at++) {
            CrashDisk disk = written.restarted(new Random(at));
            crashed = !commitsAll(disk, at, committedAtOnce);
            for (int seed = 0; seed < 5; seed++) {
                CrashDisk next = disk.restarted(new Random(seed * 1000L + at));
                Set<Integer> found = entriesInImage(next);
                long highest = found.stream().mapToInt(i -> i).max().orElse(0) * Fixture.SMALL.lsnStep();
                try (FileVolume volume = openLarge(next)) {
                    assertThat(volume.target().position().committedLsn().orElseThrow())
                            .as("bound with an image of entries %s, operation %s, seed %s", found, at, seed)
                            .isGreaterThanOrEqualTo(highest);
                }
                partly += crashed && highest > 0 ? 1 : 0;
                assertThat(crashed || found.equals(Set.of(LARGE_ENTRIES))).isTrue();
            }
        }
        assertThat(partly).as("crashes that left something in the image").isGreaterThan(LARGE_ENTRIES);
    }

    private static FileVolume openLarge(CrashDisk disk) throws RecoveryException {
        VolumeOptions small = Fixture.SMALL;
        return Fixture.open(
                disk,
                Fixture.DIRECTORY,
                new VolumeOptions(
                        1 << 20,
                        small.checkpointBytes(),
                        small.retainLogBytes(),
                        small.snapshotBytes(),
                        small.lsnStep()));
    }

    private static boolean commitsAll(CrashDisk disk, int loseAt, int atOnce) throws RecoveryException {
        FileVolume volume = openLarge(disk);
        disk.loseAt(loseAt);
        try (volume) {
            for (int i = atOnce; i <= LARGE_ENTRIES; i += atOnce) {
                volume.target().committed(i * Fixture.SMALL.lsnStep());
            }
            return true;
        } catch (RecoveryException e) {
            assertThat(disk.isOff()).as(() -> stack(e)).isTrue();
            return false;
        }
    }

    private static Set<Integer> entriesInImage(CrashDisk disk) throws IOException {
        Set<Integer> found = new TreeSet<>();
        try (DiskFile image = disk.openToRead(Fixture.DIRECTORY.resolve("gen-1/image"))) {
            ByteBuffer bytes = ByteBuffer.allocate((int) image.size());
            image.read(0, bytes);
            int before = 0;
            for (byte each : bytes.array()) {
                if (each != before) { // once for each run of the same, of which there are few
                    found.add((int) each);
                    before = each;
                }
            }
        }
        found.remove(0); // a hole, where a sector did not survive
        return found;
    }

    private static boolean completes(CrashDisk disk, Script script) {
        try (FileVolume volume = Fixture.open(disk, script::later)) {
            for (int i = 0; i < STEPS; i++) {
                script.step(volume);
            }
            return true;
        } catch (RecoveryException e) {
            assertThat(disk.isOff()).as(() -> stack(e)).isTrue();
            return false;
        }
    }

    private static void survives(CrashDisk disk, Script script, String name) throws RecoveryException {
        FileVolume volume;
        try {
            volume = Fixture.open(disk, script::later);
        } catch (RecoveryException e) {
            assertThat(disk.hasFailed()).as(name + stack(e)).isTrue();
            return;
        }
        for (int i = 0; i < STEPS; i++) {
            boolean failedBefore = disk.hasFailed();
            try {
                script.step(volume);
            } catch (RecoveryException e) {
                assertThat(disk.hasFailed()).as(name + stack(e)).isTrue();
                if (refuses(volume)) {
                    return;
                }
                assertThat(failedBefore).as(name + stack(e)).isFalse();
                script.undone();
            }
        }
    }

    private static boolean refuses(FileVolume volume) {
        try {
            volume.releaseCheckpoint();
            return false;
        } catch (PermanentException e) {
            return true;
        } catch (RecoveryException e) {
            throw new AssertionError(e);
        }
    }

    private static void check(CrashDisk disk, Script script, String name) throws Exception {
        String seen = new StoreReader(disk, Fixture.DIRECTORY).sha256(OptionalLong.empty());
        try (FileVolume volume = Fixture.open(disk)) {
            Model model = matches(volume, script.after) ? script.after : script.before;
            ReplicaPosition position = volume.target().position();
            Supplier<String> what = () -> name + " " + position + "\n" + script.before + "\n" + script.after;
            assertThat(matches(volume, model)).as(what).isTrue();
            long bound = Math.max(position.committedLsn().orElseThrow(), model.baseLsn());
            assertThat(position.committedLsn().orElseThrow())
                    .as(what)
                    .isLessThanOrEqualTo(Math.max(script.before.told(), script.after.told()));
            assertThat(position.truncationFloorLsn()).as(what).isLessThanOrEqualTo(bound);
            assertThat(seen).as(what).isEqualTo(sha256(model.imageAt(bound)));
            assertThat(Fixture.content(volume)).as(what).isEqualTo(model.imageAt(bound));
            volume.target().committed(position.flushedLsn());
            assertThat(Fixture.content(volume)).as(what).isEqualTo(model.imageAt(position.flushedLsn()));
            assertThat(volume.source().history().checkpointLsn()).as(what).isEqualTo(position.truncationFloorLsn());
        }
    }

    /** Whether the store holds a beginning of the model's log that has all that was flushed, and everything else of it. */
    private static boolean matches(FileVolume volume, Model model) throws RecoveryException {
        ReplicaPosition position = volume.target().position();
        long tail = volume.source().history().tailLsn();
        if (position.flushedLsn() < model.flushedLsn()
                || position.flushedLsn() > model.head().lsn()
                || tail < model.baseLsn()) {
            return false;
        }
        List<EntryId> expected = model.idsAfter(tail).stream()
                .filter(id -> id.lsn() <= position.flushedLsn())
                .toList();
        return Fixture.entries(volume, tail).equals(expected)
                && position.lineage().orElseThrow().equals(model.lineage().upTo(position.flushedLsn()))
                && volume.target().promise().equals(model.promise())
                && volume.target().identity().equals(model.identity())
                && position.usable() == model.usable();
    }

    private static String sha256(String image) throws NoSuchAlgorithmException {
        byte[] bytes = image.replace('.', '\0').getBytes(StandardCharsets.US_ASCII);
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    private static String stack(Exception e) {
        java.io.StringWriter out = new java.io.StringWriter();
        e.printStackTrace(new java.io.PrintWriter(out));
        return out.toString();
    }
}
