package io.resilver.host.volume;

import static io.resilver.host.volume.Fixture.writer;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.host.disk.CrashDisk;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.storage.StagedInstall;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What an install costs its disk, counted: a gate that no clock is needed for. */
class InstallCostTest {
    private static final int RANGE = 64 << 10;
    private static final int RANGES = 40;

    /** A checksum of four bytes for each block of 4 KiB, a note of 28 bytes for each range, and the store's small files. */
    private static final long BESIDE = (long) RANGES * RANGE / 1_000 + RANGES * 28L + 2_000;

    private final CrashDisk disk = new CrashDisk();

    @Test
    @DisplayName("R17, R18: every byte of a base is written once and read back once, whatever is summed of it")
    void onceEach() throws RecoveryException {
        byte[] image = new byte[RANGES * RANGE];
        new Random(1).nextBytes(image);
        FileVolume volume = Fixture.open(disk);
        BaseDescriptor base = new BaseDescriptor(5, new Lineage(List.of(writer(1, 1))), image.length, RANGE);
        long before = disk.writtenBytes();
        try (StagedInstall install = volume.target().beginInstall(base)) {
            for (int i = 0; i < RANGES; i++) {
                install.write(i, ByteBuffer.wrap(image, i * RANGE, RANGE));
                if (i % 8 == 7) {
                    install.flush();
                }
            }
            for (int i = 0; i < RANGES; i++) {
                install.read(i, ByteBuffer.allocate(RANGE)); // as the driver does
            }
            install.commit();
        }
        assertThat(disk.writtenBytes() - before).isBetween((long) image.length, image.length + BESIDE);
        assertThat(disk.readBytes(Fixture.DIRECTORY.resolve("gen-2/image"))).isEqualTo(image.length);
    }
}
