package io.resilver.host.volume;

import static io.resilver.host.volume.Fixture.bytes;
import static io.resilver.host.volume.Fixture.writer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.resilver.host.disk.CrashDisk;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.StagedInstall;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The image's own checksums: what has rotted is named, and served neither to a client nor as a base. */
class RottenImageTest {
    private static final LineageElement ONE = writer(1, 1);
    private static final int BLOCK = 4 << 10;
    private static final Path IMAGE = Fixture.DIRECTORY.resolve("gen-1/image");
    private static final Path SUMS = Fixture.DIRECTORY.resolve("gen-1/sums");
    private static final Path SIDE = Fixture.DIRECTORY.resolve("gen-1/side");

    private final CrashDisk disk = new CrashDisk();

    /** Four blocks, the last of them short, the third one a hole. */
    private FileVolume filled() throws RecoveryException {
        FileVolume volume = Fixture.open(disk);
        commit(volume, 0, "a".repeat(BLOCK + 100));
        commit(volume, 3L * BLOCK + 50, "d".repeat(60));
        volume.checkpoint();
        return volume;
    }

    private static void commit(FileVolume volume, long offset, String data) throws RecoveryException {
        long lsn = volume.append(ONE, offset, bytes(data));
        volume.flush();
        volume.target().committed(lsn);
    }

    private static String read(FileVolume volume, long offset, int length) throws RecoveryException {
        ByteBuffer into = ByteBuffer.allocate(length);
        assertThat(volume.read(offset, into)).isEqualTo(length);
        return Fixture.text(into.array());
    }

    @Test
    @DisplayName("a flipped bit anywhere in the image is named by file and block, and no other block is kept back")
    void aFlippedBitIsNamed() throws RecoveryException {
        FileVolume volume = filled();
        String before = Fixture.content(volume);
        Random random = new Random(5);
        for (int tried = 0; tried < 300; tried++) {
            int at = random.nextInt(before.length());
            int bit = random.nextInt(8);
            disk.flip(IMAGE, at, bit);
            int block = at / BLOCK;
            CorruptException e = catchThrowableOfType(CorruptException.class, () -> read(volume, at, 1));
            assertThat(e).as("byte %s", at).isNotNull();
            assertThat(e.where()).isEqualTo(IMAGE.toString());
            assertThat(e.offset()).isEqualTo((long) block * BLOCK);
            assertThatThrownBy(() -> Fixture.content(volume)).isInstanceOf(CorruptException.class);
            int other = (block + 1) % 4 * BLOCK;
            assertThat(read(volume, other, 100)).isEqualTo(before.substring(other, other + 100));
            disk.flip(IMAGE, at, bit);
        }
        assertThat(Fixture.content(volume)).isEqualTo(before);
    }

    @Test
    @DisplayName("R17: a base that is frozen, or a checkpoint that is pinned, serves no rotten byte")
    void noBaseServesIt() throws RecoveryException {
        FileVolume volume = filled();
        disk.flip(IMAGE, BLOCK + 7, 3);
        try (BasePin full = volume.source().pinFullBase(0);
                BasePin snapshot = volume.source().pinSnapshot(20)) {
            for (BasePin each : new BasePin[] {full, snapshot}) {
                CorruptException e = catchThrowableOfType(CorruptException.class, () -> Fixture.content(each));
                assertThat(e.where()).isEqualTo(IMAGE.toString());
                assertThat(e.offset()).isEqualTo(BLOCK);
            }
        }
    }

    @Test
    @DisplayName("R17: what the present image has at a range's place is a candidate for it, but no rotten byte is")
    void theOldImageHasCandidates() throws RecoveryException {
        FileVolume volume = filled();
        String before = Fixture.content(volume);
        Lineage lineage = new Lineage(List.of(ONE));
        BaseDescriptor base = new BaseDescriptor(90, lineage, 5L * BLOCK, BLOCK);
        disk.flip(IMAGE, BLOCK + 7, 3);
        try (StagedInstall install = volume.target().beginInstall(base)) {
            assertThat(install.candidates()).as("whole ones").isEqualTo(3);
            ByteBuffer into = ByteBuffer.allocate(BLOCK);
            assertThat(install.candidate(2, into)).isTrue();
            assertThat(Fixture.text(into.array())).isEqualTo(before.substring(2 * BLOCK, 3 * BLOCK));
            assertThatThrownBy(() -> install.candidate(1, into.clear())).isInstanceOf(CorruptException.class);
            assertThat(install.candidate(3, into.clear())).as("shorter there").isFalse();
        }
        BaseDescriptor shorter = new BaseDescriptor(90, lineage, 3L * BLOCK + 10, BLOCK);
        try (StagedInstall install = volume.target().beginInstall(shorter)) {
            assertThat(install.candidates()).as("the last one too").isEqualTo(4);
            ByteBuffer into = ByteBuffer.allocate(10);
            assertThat(install.candidate(3, into)).isTrue();
            assertThat(Fixture.text(into.array())).isEqualTo(before.substring(3 * BLOCK, 3 * BLOCK + 10));
        }
    }

    @Test
    @DisplayName(
            "an entry that changes a part of a rotten block does not give it a good checksum; one that replaces it does")
    void noGoodChecksumForDamage() throws RecoveryException {
        FileVolume volume = filled();
        disk.flip(IMAGE, BLOCK + 7, 3);
        assertThatThrownBy(() -> {
                    commit(volume, BLOCK + 1_000, "part");
                    volume.checkpoint();
                })
                .isInstanceOf(CorruptException.class);
        assertThatThrownBy(() -> read(volume, BLOCK, 1)).isInstanceOf(CorruptException.class);
        FileVolume other = Fixture.open(disk, Path.of("/data/other"), Fixture.SMALL);
        commit(other, 0, "a".repeat(BLOCK));
        other.checkpoint();
        disk.flip(Path.of("/data/other/gen-1/image"), 9, 1);
        commit(other, 0, "b".repeat(BLOCK));
        other.checkpoint();
        assertThat(Fixture.content(other)).isEqualTo("b".repeat(BLOCK));
    }

    @Test
    @DisplayName("R20: a view whose old page has rotted before it was kept is lost, and never shows it")
    void aRottenOldPage() throws RecoveryException {
        FileVolume volume = filled();
        try (BasePin pin = volume.source().pinSnapshot(20)) {
            disk.flip(IMAGE, BLOCK + 7, 3);
            commit(volume, 0, "x".repeat(BLOCK));
            volume.checkpoint();
            assertThatThrownBy(() -> Fixture.content(pin)).isInstanceOf(LogTrimmedException.class);
        }
    }

    @Test
    @DisplayName("a kept old page that rots is named and not served")
    void aRottenSideFile() throws RecoveryException {
        FileVolume volume = filled();
        try (BasePin pin = volume.source().pinSnapshot(20)) {
            String before = Fixture.content(pin);
            commit(volume, 10, "x".repeat(50));
            volume.checkpoint();
            assertThat(Fixture.content(pin)).isEqualTo(before);
            disk.flip(SIDE, BLOCK + 1, 0);
            CorruptException e = catchThrowableOfType(CorruptException.class, () -> Fixture.content(pin));
            assertThat(e.where()).isEqualTo(SIDE.toString());
            assertThat(e.offset()).isEqualTo(BLOCK);
            disk.flip(SIDE, BLOCK + 1, 0);
            assertThat(Fixture.content(pin)).isEqualTo(before);
        }
    }

    @Test
    @DisplayName("a flipped bit among the checksums hides no block and shows none: it is named, or the file is at open")
    void rottenChecksums() throws Exception {
        filled().close();
        int length = disk.files().get(SUMS);
        assertThat(length).isEqualTo(16 + 4 * Integer.BYTES);
        for (int at = 0; at < length; at++) {
            disk.flip(SUMS, at, at % 8);
            if (at < 16) {
                CorruptException e = catchThrowableOfType(CorruptException.class, () -> Fixture.open(disk));
                assertThat(e.where()).isEqualTo(SUMS.toString());
            } else {
                try (FileVolume volume = Fixture.open(disk)) {
                    int block = (at - 16) / Integer.BYTES;
                    assertThatThrownBy(() -> read(volume, (long) block * BLOCK, 1))
                            .isInstanceOf(CorruptException.class)
                            .hasMessageContaining("or their checksum");
                }
            }
            disk.flip(SUMS, at, at % 8);
        }
        disk.delete(SUMS);
        assertThat(catchThrowableOfType(CorruptException.class, () -> Fixture.open(disk))
                        .where())
                .isEqualTo(SUMS.toString());
    }

    @Test
    @DisplayName(
            "R16, R17: an installed base has its checksums, in ranges of whole blocks and in others, also when it was"
                    + " staged in two goes")
    void anInstalledBase() throws Exception {
        for (int rangeBytes : new int[] {BLOCK, 2 * BLOCK, 1_000}) {
            for (boolean interrupted : new boolean[] {false, true}) {
                CrashDisk fresh = new CrashDisk();
                byte[] image = "b".repeat(3 * BLOCK + 17).getBytes(StandardCharsets.US_ASCII);
                BaseDescriptor base = new BaseDescriptor(5, new Lineage(List.of(ONE)), image.length, rangeBytes);
                FileVolume volume = Fixture.open(fresh);
                if (interrupted) {
                    try (StagedInstall install = volume.target().beginInstall(base)) {
                        install.write(0, ByteBuffer.wrap(image, 0, rangeBytes));
                        install.flush();
                    }
                    fresh = fresh.restarted(new Random(1));
                    volume = Fixture.open(fresh);
                }
                try (StagedInstall install = volume.target().beginInstall(base)) {
                    assertThat(install.durableRanges().get(0)).isEqualTo(interrupted);
                    Fixture.writeAll(install, image);
                    install.flush();
                    install.commit();
                }
                assertThat(Fixture.content(volume)).isEqualTo("b".repeat(image.length));
                fresh.flip(Fixture.DIRECTORY.resolve("gen-2/image"), BLOCK + 5, 1);
                FileVolume installedInto = volume;
                assertThatThrownBy(() -> {
                            installedInto.target().append(Fixture.batch(new EntryId(5, 1), ONE, 7, BLOCK + 50, "part"));
                            installedInto.flush();
                            installedInto.target().committed(7);
                            installedInto.checkpoint();
                        })
                        .as("damage gets no good checksum in the new generation either")
                        .isInstanceOf(CorruptException.class);
                fresh.flip(Fixture.DIRECTORY.resolve("gen-2/image"), BLOCK + 5, 1);
                fresh = fresh.restarted(new Random(2));
                volume = Fixture.open(fresh);
                assertThat(Fixture.content(volume).replace("part", "bbbb")).isEqualTo("b".repeat(image.length));
                Path installed = Fixture.DIRECTORY.resolve("gen-2/image");
                for (int at = 0; at < image.length; at += 511) {
                    int place = at;
                    FileVolume open = volume;
                    fresh.flip(installed, at, 2);
                    assertThatThrownBy(() -> read(open, place, 1))
                            .as("ranges of %s, byte %s", rangeBytes, at)
                            .isInstanceOf(CorruptException.class);
                    fresh.flip(installed, at, 2);
                }
            }
        }
    }

    @Test
    @DisplayName(
            "a power failure between a block and its checksum leaves a good store; a block at rest that rots meanwhile"
                    + " is found all the same")
    void aCrashBetweenTheTwo() throws Exception {
        filled().close();
        String old = "a".repeat(BLOCK + 100) + ".".repeat(3 * BLOCK + 50 - BLOCK - 100) + "d".repeat(60);
        boolean crashed = true;
        int torn = 0;
        for (int at = 1; crashed; at++) {
            CrashDisk now = disk.restarted(new Random(at));
            FileVolume volume = Fixture.open(now);
            now.loseAt(at);
            crashed = false;
            try {
                commit(volume, BLOCK - 20, "x".repeat(40));
                volume.checkpoint();
                volume.close();
            } catch (RecoveryException e) {
                assertThat(now.isOff()).isTrue();
                crashed = true;
            }
            for (int seed = 0; seed < 10; seed++) {
                CrashDisk next = now.restarted(new Random(at * 100L + seed));
                torn += crashed && isTorn(next) ? 1 : 0;
                try (FileVolume again = Fixture.open(next)) {
                    assertThat(Fixture.content(again).substring(2 * BLOCK)).isEqualTo(old.substring(2 * BLOCK));
                    assertThat(Fixture.content(again).substring(0, BLOCK - 20)).isEqualTo(old.substring(0, BLOCK - 20));
                    assertThat(read(again, BLOCK - 20, 40)).matches("x{40}|a{40}");
                    next.flip(IMAGE, 3L * BLOCK + 60, 1);
                    assertThatThrownBy(() -> read(again, 3L * BLOCK, 1)).isInstanceOf(CorruptException.class);
                    next.flip(IMAGE, 3L * BLOCK + 60, 1);
                }
            }
        }
        assertThat(torn).as("crashes that left a block without its checksum").isGreaterThan(3);
    }

    /** Whether a block does not fit its checksum, seen from outside. */
    private static boolean isTorn(CrashDisk disk) throws Exception {
        try (io.resilver.host.disk.DiskFile image = disk.openToRead(IMAGE);
                io.resilver.host.volume.image.Checksums sums =
                        io.resilver.host.volume.image.Checksums.openToRead(disk, SUMS)) {
            ByteBuffer all = ByteBuffer.allocate((int) image.size());
            image.read(0, all);
            return sums.firstWrong(0, all.rewind()) < 4;
        }
    }

    @Test
    @DisplayName("who looks at the files alone is not shown what has rotted either")
    void theReaderOfFiles() throws RecoveryException {
        filled().close();
        StoreReader reader = new StoreReader(disk, Fixture.DIRECTORY);
        reader.sha256(OptionalLong.empty());
        disk.flip(IMAGE, BLOCK + 7, 3);
        CorruptException e = catchThrowableOfType(CorruptException.class, () -> reader.sha256(OptionalLong.empty()));
        assertThat(e.where()).isEqualTo(IMAGE.toString());
        assertThat(e.offset()).isEqualTo(BLOCK);
    }
}
