package io.resilver.host.volume;

import static io.resilver.host.volume.Fixture.bytes;
import static io.resilver.host.volume.Fixture.writer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.resilver.host.disk.CrashDisk;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.MintId;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.StagedInstall;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Flipped bits, lost files and a full disk: named, never served, and nothing is changed by looking. */
class DamageTest {
    private static final LineageElement ONE = writer(1, 1);
    private static final Path LOG = Fixture.DIRECTORY.resolve("gen-1/log");

    private static void fill(FileVolume volume) throws RecoveryException {
        for (int i = 0; i < 30; i++) {
            volume.append(ONE, i, bytes("data of entry " + i));
            volume.flush();
        }
    }

    @Test
    void aFlippedBitAnywhereInMetaOrLogOfAClosedStoreIsNamed() throws RecoveryException {
        CrashDisk disk = new CrashDisk();
        try (FileVolume volume = Fixture.open(disk)) {
            fill(volume);
        }
        Random random = new Random(3);
        int tried = 0;
        for (Map.Entry<Path, Integer> file : disk.files().entrySet()) {
            boolean checked = file.getKey().startsWith(LOG) || file.getKey().endsWith("meta");
            for (int at = 0; checked && at < file.getValue(); at += 1 + random.nextInt(3)) {
                int bit = random.nextInt(8);
                disk.flip(file.getKey(), at, bit);
                Map<Path, String> before = disk.contents();
                CorruptException e = catchThrowableOfType(CorruptException.class, () -> Fixture.open(disk));
                assertThat(e).as("%s at %s", file.getKey(), at).isNotNull();
                assertThat(e.where()).isEqualTo(file.getKey().toString());
                assertThat(e.offset()).isLessThanOrEqualTo(at);
                assertThat(disk.contents()).isEqualTo(before);
                disk.flip(file.getKey(), at, bit);
                tried++;
            }
        }
        assertThat(tried).isGreaterThan(500);
        Fixture.open(disk).close();
    }

    /** A torn tail is cut; damage to what a later record proves to have been flushed is not taken for one. */
    @Test
    void damageBeforeTheLastFlushIsNoTornTail() throws RecoveryException {
        for (int flipped = 0; flipped < 30; flipped++) {
            CrashDisk disk = new CrashDisk();
            FileVolume volume = Fixture.open(disk, Fixture.DIRECTORY, VolumeOptions.DEFAULT);
            fill(volume);
            CrashDisk next = disk.restarted(new Random(flipped));
            int record = next.files().get(LOG.resolve("00000000000000000000.seg")) / 30;
            next.flip(LOG.resolve("00000000000000000000.seg"), 60L + (long) record * flipped, 2);
            if (flipped < 28) {
                assertThatThrownBy(() -> Fixture.open(next, Fixture.DIRECTORY, VolumeOptions.DEFAULT))
                        .as("entry %s", flipped)
                        .isInstanceOf(CorruptException.class);
            }
        }
    }

    /** What is known to be committed is never lost with a tail, though nothing lies behind it. */
    @Test
    void aLostCommittedEntryIsDamage() throws RecoveryException {
        CrashDisk disk = new CrashDisk();
        FileVolume volume = Fixture.open(disk, Fixture.DIRECTORY, VolumeOptions.DEFAULT);
        volume.append(ONE, 0, bytes("only"));
        volume.flush();
        volume.target().committed(1);
        volume.target().promise(new Epoch(2, new MintId("m2")));
        CrashDisk next = disk.restarted(new Random(1));
        next.flip(LOG.resolve("00000000000000000000.seg"), 70, 2);
        assertThatThrownBy(() -> Fixture.open(next, Fixture.DIRECTORY, VolumeOptions.DEFAULT))
                .isInstanceOf(CorruptException.class);
    }

    @Test
    void aLostSegmentOrMetaFileIsNamed() throws Exception {
        for (Path lost : List.of(LOG.resolve("00000000000000000000.seg"), Fixture.DIRECTORY.resolve("meta"))) {
            CrashDisk disk = new CrashDisk();
            try (FileVolume volume = Fixture.open(disk)) {
                fill(volume);
            }
            disk.delete(lost);
            assertThat(catchThrowableOfType(CorruptException.class, () -> Fixture.open(disk))
                            .where())
                    .isEqualTo(lost.toString());
        }
    }

    @Test
    void aCursorNeverServesDamage() throws RecoveryException {
        CrashDisk disk = new CrashDisk();
        FileVolume volume = Fixture.open(disk);
        fill(volume);
        disk.flip(LOG.resolve("00000000000000000000.seg"), 200, 1);
        try (LogPin pin = volume.source().pinLog(0);
                EntryCursor cursor = pin.open(0)) {
            CorruptException e =
                    catchThrowableOfType(CorruptException.class, () -> cursor.next(Long.MAX_VALUE, 1 << 20));
            assertThat(e.where()).endsWith("00000000000000000000.seg");
        }
    }

    @Test
    @DisplayName(
            "R17, R22: a staging is gone on with by its notes alone; a damaged range is never read as if it were whole")
    void damagedStagedRangesAreNotReused() throws RecoveryException {
        CrashDisk disk = new CrashDisk();
        FileVolume volume = Fixture.open(disk);
        BaseDescriptor base = new BaseDescriptor(5, new Lineage(List.of(ONE)), 40, 16);
        byte[] image = "x".repeat(40).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        Path staged = Fixture.DIRECTORY.resolve("gen-2/image");
        try (StagedInstall install = volume.target().beginInstall(base)) {
            Fixture.writeAll(install, image);
            install.flush();
            disk.flip(staged, 20, 0);
            assertThatThrownBy(() -> install.read(1, ByteBuffer.allocate(16))).isInstanceOf(CorruptException.class);
            install.read(2, ByteBuffer.allocate(8));
            assertThat(install.durableRanges().stream()).containsExactly(0, 2);
        }
        long read = disk.readBytes(staged);
        try (StagedInstall install = volume.target().beginInstall(base)) {
            assertThat(install.durableRanges().stream()).containsExactly(0, 1, 2);
            assertThat(disk.readBytes(staged))
                    .as("a large one would hold the store")
                    .isEqualTo(read);
            install.read(0, ByteBuffer.allocate(16));
            assertThatThrownBy(() -> install.read(1, ByteBuffer.allocate(16))).isInstanceOf(CorruptException.class);
            assertThatThrownBy(install::commit).isInstanceOf(PermanentException.class);
        }
        BaseDescriptor other = new BaseDescriptor(5, new Lineage(List.of(writer(2, 1))), 40, 16);
        try (StagedInstall install = volume.target().beginInstall(other)) {
            assertThat(install.durableRanges().isEmpty()).as("another base").isTrue();
        }
    }

    @Test
    void aFullDiskChangesNothingAndPasses() throws RecoveryException {
        CrashDisk disk = new CrashDisk();
        FileVolume volume = Fixture.open(disk);
        fill(volume);
        disk.room(10);
        assertThatThrownBy(() -> volume.append(ONE, 0, bytes("too much")))
                .isInstanceOf(ResourceExhaustedException.class);
        assertThatThrownBy(() -> volume.target().promise(new Epoch(2, new MintId("m2"))))
                .isInstanceOf(ResourceExhaustedException.class);
        assertThat(volume.target().promise()).isEmpty();
        assertThat(volume.flush()).isEqualTo(300);
        disk.room(1 << 20);
        assertThat(volume.append(ONE, 0, bytes("fits now"))).isEqualTo(310);
        assertThat(volume.flush()).isEqualTo(310);
        volume.close();
        try (FileVolume again = Fixture.open(disk)) {
            assertThat(Fixture.entries(again, 0)).hasSize(31);
        }
    }

    /** R20: a view whose old pages find no room is lost; the writer goes on. */
    @Test
    void aReaderNeverStopsTheWriter() throws RecoveryException {
        CrashDisk disk = new CrashDisk();
        FileVolume volume = Fixture.open(disk);
        fill(volume);
        volume.target().committed(300);
        volume.checkpoint();
        BasePin pin = volume.source().pinSnapshot(300);
        disk.room(4096);
        volume.append(ONE, 0, bytes("changes the page"));
        volume.flush();
        volume.target().committed(310);
        volume.checkpoint();
        assertThatThrownBy(() -> Fixture.content(pin)).isInstanceOf(LogTrimmedException.class);
        assertThat(Fixture.content(volume)).startsWith("changes the page");
        pin.close();
        assertThat(volume.openPins()).isZero();
    }
}
