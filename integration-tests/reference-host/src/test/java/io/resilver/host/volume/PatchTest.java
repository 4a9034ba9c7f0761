package io.resilver.host.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.host.disk.CrashDisk;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.StagedInstall;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Installs that keep ranges of the image that is live, and lay what changed over it afterwards (R16, R17, R53). */
class PatchTest {
    private static final int BLOCK = 4 << 10;
    private static final LineageElement ONE = Fixture.writer(1, 1);
    private static final LineageElement TWO = Fixture.writer(2, 50);
    private static final Lineage LINEAGE = new Lineage(List.of(ONE, TWO));

    private final CrashDisk disk = new CrashDisk();
    private final List<Runnable> later = new ArrayList<>();

    /** Four blocks of letters are committed, and a fifth in part. */
    private FileVolume filled() throws RecoveryException {
        FileVolume volume = Fixture.open(disk, later::add);
        StringBuilder data = new StringBuilder();
        for (char c = 'a'; c < 'e'; c++) {
            data.append(String.valueOf(c).repeat(BLOCK));
        }
        volume.target().append(Fixture.batch(EntryId.NONE, ONE, 10, 0, data + "eeeee"));
        volume.flush();
        volume.target().committed(10);
        volume.checkpoint();
        return volume;
    }

    private static BaseDescriptor base(String image) {
        return new BaseDescriptor(50, LINEAGE, image.length(), BLOCK);
    }

    /** The same with one other block. */
    private static String changed(String image) {
        return image.substring(0, BLOCK) + "X".repeat(BLOCK) + image.substring(2 * BLOCK);
    }

    private static byte[] bytes(String image) {
        return image.getBytes(StandardCharsets.US_ASCII);
    }

    private static int install(FileVolume volume, String image) throws RecoveryException {
        try (StagedInstall install = volume.target().beginInstall(base(image))) {
            int kept = Fixture.keepOrWriteAll(install, bytes(image));
            install.flush();
            install.commit();
            return kept;
        }
    }

    private static Path file(int generation, String name) {
        return Fixture.DIRECTORY.resolve("gen-" + generation).resolve(name);
    }

    private long written(FileVolume volume, String image) throws RecoveryException {
        long before = disk.writtenBytes();
        assertThat(install(volume, image)).isEqualTo(4);
        later.forEach(Runnable::run);
        return disk.writtenBytes() - before;
    }

    @Test
    @DisplayName("R16, R53: an install that keeps ranges writes the others twice, and none of those that it keeps")
    void onlyWhatChangedIsWritten() throws RecoveryException {
        FileVolume volume = filled();
        String image = changed(Fixture.content(volume));
        assertThat(written(volume, image)).isBetween(2L * BLOCK, 2L * BLOCK + 2_000);
        assertThat(Fixture.content(volume)).isEqualTo(image);
        volume.close();
        try (FileVolume again = Fixture.open(disk)) {
            assertThat(Fixture.content(again)).isEqualTo(image);
        }
    }

    @Test
    @DisplayName(
            "R16: what an install changed is read from where it was staged until it is laid over the old image, and entries go over both")
    void readsBeforeItIsLaid() throws Exception {
        FileVolume volume = filled();
        String image = changed(Fixture.content(volume));
        install(volume, image);
        assertThat(Fixture.content(volume)).isEqualTo(image);
        try (BasePin pin = volume.source().pinFullBase(50)) {
            volume.target().append(Fixture.batch(new EntryId(50, 2), TWO, 60, BLOCK + 3, "yyy"));
            volume.flush();
            volume.target().committed(60);
            assertThat(Fixture.content(pin)).as("as it was").isEqualTo(image);
        }
        String after = image.substring(0, BLOCK + 3) + "yyy" + image.substring(BLOCK + 6);
        assertThat(Fixture.content(volume)).as("an entry waits for its bound").isEqualTo(after);
        volume.source().pinFullBase(60).close();
        assertThat(Fixture.content(volume)).as("it is in the image").isEqualTo(after);
        assertThat(seen()).isEqualTo(after);
        later.forEach(Runnable::run);
        assertThat(Fixture.content(volume)).isEqualTo(after);
        assertThat(volume.source().history().checkpointLsn()).isEqualTo(60);
        assertThat(disk.list(file(2, ""))).containsExactly("log", "side");
        assertThat(disk.list(file(1, ""))).containsExactly("image", "sums");
    }

    /** What the files have, for who looks at them from outside. */
    private String seen() throws Exception {
        CrashDisk copy = disk.restarted(new Random(1));
        String sha256 = new StoreReader(copy, Fixture.DIRECTORY).sha256(OptionalLong.empty());
        try (FileVolume volume = Fixture.open(copy, later::add)) {
            String content = Fixture.content(volume);
            assertThat(sha256)
                    .isEqualTo(HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes(content))));
            return content;
        }
    }

    @Test
    @DisplayName(
            "R16: a store that is closed before a patch is laid opens with it, and what was applied over it is applied again")
    void closedBeforeItIsLaid() throws Exception {
        FileVolume volume = filled();
        String image = changed(Fixture.content(volume));
        install(volume, image);
        volume.target().append(Fixture.batch(new EntryId(50, 2), TWO, 60, BLOCK + 3, "yyy"));
        volume.flush();
        volume.target().committed(60);
        volume.close();
        String after = image.substring(0, BLOCK + 3) + "yyy" + image.substring(BLOCK + 6);
        for (int round = 0; round < 2; round++) {
            try (FileVolume again = Fixture.open(disk, later::add)) {
                assertThat(Fixture.content(again)).isEqualTo(after);
            }
        }
        try (FileVolume laid = Fixture.open(disk)) {
            assertThat(Fixture.content(laid)).isEqualTo(after);
            assertThat(disk.list(file(2, ""))).containsExactly("log");
        }
    }

    @Test
    @DisplayName(
            "R16, R17: after the live image has changed nothing that was kept of it is committed, and it must come again")
    void theImageChangesMeanwhile() throws RecoveryException {
        FileVolume volume = filled();
        String image = changed(Fixture.content(volume));
        volume.target().append(Fixture.batch(new EntryId(10, 1), ONE, 20, 3, "yyy"));
        volume.flush();
        try (StagedInstall install = volume.target().beginInstall(base(image))) {
            assertThat(Fixture.keepOrWriteAll(install, bytes(image))).isEqualTo(4);
            install.flush();
            assertThat(install.durableRanges().cardinality()).isEqualTo(5);
            volume.target().committed(20);
            volume.checkpoint();
            assertThat(install.durableRanges().stream()).as("what was written").containsExactly(1);
            assertThatThrownBy(() -> install.read(0, ByteBuffer.allocate(BLOCK)))
                    .isInstanceOf(RetriableException.class);
            assertThat(install.keep(0)).isFalse();
        }
        try (StagedInstall install = volume.target().beginInstall(base(image))) {
            assertThat(install.durableRanges().stream()).as("what was written").containsExactly(1);
            assertThat(Fixture.keepOrWriteAll(install, bytes(image))).isEqualTo(3);
            install.flush();
            volume.target().append(Fixture.batch(new EntryId(20, 1), ONE, 30, 3, "zzz"));
            volume.flush();
            volume.target().committed(30);
            volume.checkpoint();
            assertThatThrownBy(install::commit)
                    .isInstanceOf(RetriableException.class)
                    .hasMessageContaining("has changed");
        }
        assertThat(install(volume, image)).isEqualTo(3);
        assertThat(Fixture.content(volume)).isEqualTo(image);
    }

    @Test
    @DisplayName("R17: what was kept is there again after a crash, is read, and is not kept once more")
    void itIsResumed() throws RecoveryException {
        FileVolume volume = filled();
        String image = changed(Fixture.content(volume));
        try (StagedInstall install = volume.target().beginInstall(base(image))) {
            ByteBuffer into = ByteBuffer.allocate(BLOCK);
            assertThat(install.candidate(2, into)).isTrue();
            assertThat(install.keep(2)).isTrue();
            install.flush();
            assertThat(install.candidate(3, into.clear())).isTrue();
            assertThat(install.keep(3)).isTrue();
        }
        CrashDisk next = disk.restarted(new Random(5));
        FileVolume again = Fixture.open(next, later::add);
        try (StagedInstall install = again.target().beginInstall(base(image))) {
            assertThat(install.durableRanges().stream()).as("what was flushed").containsExactly(2);
            ByteBuffer into = ByteBuffer.allocate(BLOCK);
            install.read(2, into);
            assertThat(Fixture.text(into.array())).isEqualTo("c".repeat(BLOCK));
            for (int i : new int[] {0, 3, 4}) {
                ByteBuffer there = ByteBuffer.allocate(install.base().rangeLength(i));
                assertThat(install.candidate(i, there) && install.keep(i)).isTrue();
            }
            install.write(1, ByteBuffer.wrap(bytes("X".repeat(BLOCK))));
            install.flush();
            install.commit();
        }
        assertThat(Fixture.content(again)).isEqualTo(image);
    }

    @Test
    @DisplayName("R16: while a patch is not laid a second install keeps nothing of it, and a third one does again")
    void oneAfterTheOther() throws RecoveryException {
        FileVolume volume = filled();
        String image = changed(Fixture.content(volume));
        assertThat(install(volume, image)).isEqualTo(4);
        assertThat(install(volume, image)).as("kept of what is patched").isZero();
        assertThat(install(volume, image)).isEqualTo(5);
        later.forEach(Runnable::run);
        assertThat(install(volume, image.substring(0, 2 * BLOCK))).isEqualTo(2);
        later.forEach(Runnable::run);
        assertThat(Fixture.content(volume)).isEqualTo(image.substring(0, 2 * BLOCK));
    }

    @Test
    @DisplayName(
            "R16: an image that becomes shorter or longer with a patch has what it should have behind its end: nothing")
    void otherLengths() throws RecoveryException {
        FileVolume volume = filled();
        String image = Fixture.content(volume);
        String shorter = image.substring(0, 2 * BLOCK + 7);
        assertThat(install(volume, shorter))
                .as("the last block is another one's")
                .isEqualTo(2);
        volume.target().append(Fixture.batch(new EntryId(50, 2), TWO, 60, 4 * BLOCK, "z"));
        volume.flush();
        volume.target().committed(60);
        String grown = shorter + ".".repeat(2 * BLOCK - 7) + "z";
        assertThat(Fixture.content(volume)).isEqualTo(grown);
        later.forEach(Runnable::run);
        assertThat(Fixture.content(volume)).isEqualTo(grown);
        volume.close();
        try (FileVolume again = Fixture.open(disk)) {
            assertThat(Fixture.content(again)).isEqualTo(grown);
        }
    }

    @Test
    @DisplayName(
            "R16: a patch that rotted is found, when it is read and before it is laid; one whose notes are gone before the store opens")
    void aRottenPatch() throws RecoveryException {
        FileVolume volume = filled();
        String image = changed(Fixture.content(volume));
        install(volume, image);
        disk.flip(file(2, "image"), BLOCK + 9, 1);
        assertThatThrownBy(() -> Fixture.content(volume)).isInstanceOfSatisfying(CorruptException.class, e -> {
            assertThat(e.where()).isEqualTo(file(2, "image").toString());
            assertThat(e.offset()).isEqualTo(BLOCK);
        });
        assertThatThrownBy(volume::checkpoint).isInstanceOf(CorruptException.class);
        assertThat(volume.read(0, ByteBuffer.allocate(BLOCK)))
                .as("of what was kept")
                .isEqualTo(BLOCK);
        volume.close();
        disk.replace(file(2, "ranges"), new byte[0]);
        assertThatThrownBy(() -> Fixture.open(disk))
                .isInstanceOf(CorruptException.class)
                .hasMessageContaining("5 ranges");
    }

    @Test
    @DisplayName(
            "R16, R17: what was kept is durable when the install is committed, also what an entry changed since the last checkpoint")
    void whatWasKeptIsDurable() throws RecoveryException {
        FileVolume volume = filled();
        volume.target().append(Fixture.batch(new EntryId(10, 1), ONE, 20, 3 * BLOCK + 1_000, "yyy"));
        volume.flush();
        volume.target().committed(20);
        volume.source().pinFullBase(20).close(); // now the image has it, and only the system's memory
        String image = changed(Fixture.content(volume));
        assertThat(image).contains("yyy");
        assertThat(install(volume, image)).isEqualTo(4);
        for (int seed = 0; seed < 6; seed++) {
            try (FileVolume again = Fixture.open(disk.restarted(new Random(seed)))) {
                assertThat(Fixture.content(again)).isEqualTo(image);
            }
        }
    }

    @Test
    @DisplayName("R17: a note that a range was kept which is another one's counts for nothing when the range is read")
    void anotherRangesNote() throws RecoveryException {
        FileVolume volume = filled();
        String image = changed(Fixture.content(volume));
        try (StagedInstall install = volume.target().beginInstall(base(image))) {
            assertThat(Fixture.keepOrWrite(install, 2, bytes(image))).isTrue();
            install.flush();
        }
        ByteBuffer note = ByteBuffer.wrap(disk.bytes(file(2, "ranges"))).putLong(0, 3);
        int summed = note.limit() - Integer.BYTES;
        CRC32C crc = new CRC32C();
        crc.update(note.slice(0, summed));
        disk.replace(
                file(2, "ranges"), note.putInt(summed, (int) crc.getValue()).array());
        try (StagedInstall install = volume.target().beginInstall(base(image))) {
            assertThat(install.durableRanges().stream()).as("by the notes").containsExactly(3);
            assertThatThrownBy(() -> install.read(3, ByteBuffer.allocate(BLOCK)))
                    .isInstanceOf(CorruptException.class);
            assertThat(install.durableRanges().isEmpty()).isTrue();
        }
    }
}
