package io.resilver.host.volume;

import static io.resilver.host.volume.Fixture.bytes;
import static io.resilver.host.volume.Fixture.writer;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.host.disk.CrashDisk;
import io.resilver.hostile.Inputs;
import io.resilver.hostile.Mutator;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.storage.BasePin;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A store whose image, or whose image's checksums, are nearly right. */
class HostileImageTest {
    private static final LineageElement ONE = writer(1, 1);
    private static final int BLOCK = 4 << 10;
    private static final Path IMAGE = Fixture.DIRECTORY.resolve("gen-1/image");
    private static final Path SUMS = Fixture.DIRECTORY.resolve("gen-1/sums");

    /** An image of four blocks, its copies, and what opening and reading it takes. */
    private static final long MOST_BYTES = 8 << 20;

    private static final int SHARE = 10;

    /** Inputs for one store, which costs more to open than a few blocks to read. */
    private static final int ROUNDS = 20;

    @Test
    @DisplayName(
            "R17: an image that was changed is named by file and place, and each block is served as it was or not at"
                    + " all: to a client, in a base, and to who looks at the files")
    void nearlyRight() throws RecoveryException {
        CrashDisk good = filled();
        byte[] right = content(good);
        int[] refused = new int[2];
        Inputs.triedLess(1, SHARE, MOST_BYTES, random -> {
            CrashDisk disk = good.restarted(random);
            Path file = random.nextBoolean() ? IMAGE : SUMS;
            disk.replace(
                    file,
                    new Mutator(random).mutate(disk.bytes(file), disk.bytes(random.nextBoolean() ? IMAGE : SUMS)));
            hashed(disk, good);
            Map<Path, String> before = disk.contents();
            try (FileVolume volume = Fixture.open(disk)) {
                refused[1] += served(volume, right);
                based(volume, right);
            } catch (RecoveryException e) {
                named(e);
                assertThat(disk.contents()).as("nothing is changed by looking").isEqualTo(before);
                refused[0]++;
            }
        });
        assertThat(refused[0]).as("stores that were not opened").isPositive();
        assertThat(refused[1]).as("blocks that were not served").isPositive();
    }

    @Test
    @DisplayName("R17: an image that is changed under an open store is found block by block, too")
    void rotsUnderAnOpenStore() throws RecoveryException {
        CrashDisk good = filled();
        byte[] right = content(good);
        int[] refused = new int[1];
        Inputs.triedLess(1, ROUNDS, ROUNDS * MOST_BYTES, random -> {
            CrashDisk disk = good.restarted(random);
            try (FileVolume volume = Fixture.open(disk)) {
                for (int round = 0; round < ROUNDS; round++) {
                    Path file = random.nextBoolean() ? IMAGE : SUMS;
                    byte[] before = disk.bytes(file);
                    disk.replace(file, new Mutator(random).mutate(before, disk.bytes(SUMS)));
                    refused[0] += served(volume, right);
                    disk.replace(file, before);
                }
                assertThat(served(volume, right))
                        .as("nothing is wrong any more")
                        .isZero();
            }
        });
        assertThat(refused[0]).isPositive();
    }

    private static int served(FileVolume volume, byte[] right) throws RecoveryException {
        assertThat(volume.size()).isEqualTo(right.length);
        int refused = 0;
        for (int at = 0; at < right.length; at += BLOCK) {
            int end = Math.min(right.length, at + BLOCK);
            ByteBuffer into = ByteBuffer.allocate(end - at);
            try {
                assertThat(volume.read(at, into)).isEqualTo(end - at);
                assertThat(into.array()).as("block at %s", at).isEqualTo(Arrays.copyOfRange(right, at, end));
            } catch (CorruptException e) {
                named(e);
                assertThat(e.offset()).isEqualTo(at);
                refused++;
            }
        }
        return refused;
    }

    private static void based(FileVolume volume, byte[] right) throws RecoveryException {
        try (BasePin pin = volume.source().pinFullBase(0)) {
            assertThat(pin.base().sizeBytes()).isEqualTo(right.length);
            ByteBuffer into = ByteBuffer.allocate(right.length);
            try {
                pin.read(0, into);
                assertThat(into.array()).isEqualTo(right);
            } catch (CorruptException e) {
                named(e);
            }
        }
    }

    private static void hashed(CrashDisk disk, CrashDisk good) throws RecoveryException {
        String right = new StoreReader(good, Fixture.DIRECTORY).sha256(OptionalLong.empty());
        try {
            assertThat(new StoreReader(disk, Fixture.DIRECTORY).sha256(OptionalLong.empty()))
                    .isEqualTo(right);
        } catch (RecoveryException e) {
            named(e);
        }
    }

    private static void named(RecoveryException e) {
        Optional<String> where =
                e instanceof CorruptException corrupt ? Optional.of(corrupt.where()) : Optional.empty();
        if (where.isEmpty()) {
            // The checksums' header says that another version wrote it, and is summed well: the file is named as well.
            assertThat(e).isInstanceOf(PermanentException.class);
            where = Optional.of(SUMS.toString()).filter(String.valueOf(e.getMessage())::contains);
        }
        assertThat(where.orElse("")).isIn(IMAGE.toString(), SUMS.toString());
    }

    private static byte[] content(CrashDisk disk) throws RecoveryException {
        try (FileVolume volume = Fixture.open(disk.restarted(new Random(1)))) {
            ByteBuffer into = ByteBuffer.allocate((int) volume.size());
            volume.read(0, into);
            return into.array();
        }
    }

    /**
     * Four blocks, the third one a hole and the fourth one short; and one more, committed, that the log has and a crash kept
     * from the checkpoint. It is whole: of a block that a crash caught while a part of it was written, nobody can tell what
     * the rest was.
     */
    private static CrashDisk filled() throws RecoveryException {
        CrashDisk disk = new CrashDisk();
        FileVolume volume = Fixture.open(disk);
        commit(volume, 0, "a".repeat(BLOCK + 100));
        commit(volume, 3L * BLOCK + 50, "d".repeat(60));
        volume.checkpoint();
        commit(volume, 4L * BLOCK, "e".repeat(BLOCK));
        volume.append(ONE, 0, bytes("carries the note that the entry before it is committed"));
        volume.flush();
        return disk.restarted(new Random(1));
    }

    private static void commit(FileVolume volume, long offset, String data) throws RecoveryException {
        long lsn = volume.append(ONE, offset, bytes(data));
        volume.flush();
        volume.target().committed(lsn);
    }
}
