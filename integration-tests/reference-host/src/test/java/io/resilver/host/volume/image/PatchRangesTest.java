package io.resilver.host.volume.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.host.disk.CrashDisk;
import io.resilver.host.disk.DiskFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Which blocks a patch has, and how much of it entries need. */
class PatchRangesTest {
    private static final int RANGE = 2 * Checksums.BLOCK;
    private static final Path IMAGE = Path.of("/d/image");
    private static final Path SUMS = Path.of("/d/sums");

    private final CrashDisk disk = new CrashDisk();

    @BeforeEach
    void files() throws Exception {
        disk.createDirectories(Path.of("/d"));
        for (Path each : List.of(IMAGE, Path.of("/d/patch"))) {
            disk.create(each).close();
        }
        Checksums.create(disk, SUMS).close();
        try (DiskFile patch = disk.open(Path.of("/d/patch"))) {
            patch.resize(5 * RANGE + 1);
        }
    }

    /** Ranges 1, 2 and 5 of five and a byte. */
    private Patch patch() throws Exception {
        BitSet ranges = new BitSet();
        ranges.set(1, 3);
        ranges.set(5);
        return Patch.open(disk, Path.of("/d/patch"), SUMS, RANGE, 5 * RANGE + 1, ranges);
    }

    @Test
    @DisplayName("R16: a patch has the blocks of its ranges, and none behind the end of the image, however far")
    void blocks() throws Exception {
        try (Patch patch = patch()) {
            assertThat(List.of(patch.has(1), patch.has(2), patch.has(5), patch.has(6), patch.has(10)))
                    .containsExactly(false, true, true, false, true);
            assertThat(List.of(patch.has(11), patch.has(1L << 40))).containsExactly(false, false);
            assertThat(patch.alike(0, 9)).isEqualTo(2);
            assertThat(patch.alike(3, 9)).isEqualTo(3);
            assertThat(patch.alike(6, 9)).isEqualTo(4);
            assertThat(patch.alike(1L << 40, 9)).isEqualTo(9);
            assertThat(patch.rangeOf(1L << 50)).isEqualTo(5);
        }
    }

    @Test
    @DisplayName("R22: no more writes are applied in one hold of the store than need so much laid, but one")
    void affordable() throws Exception {
        Blocks blocks = Blocks.open(disk, IMAGE, SUMS, Optional.of(patch()));
        List<BlockWrite> writes = List.of(write(0), write(RANGE), write(RANGE + 9), write(2 * RANGE), write(5 * RANGE));
        assertThat(blocks.affordable(writes, 0)).isEqualTo(1);
        assertThat(blocks.affordable(writes, RANGE)).isEqualTo(3);
        assertThat(blocks.affordable(writes, 2 * RANGE)).isEqualTo(4);
        assertThat(blocks.affordable(writes, 3 * RANGE)).isEqualTo(5);
        assertThat(blocks.affordable(List.of(write(1L << 50)), RANGE)).isEqualTo(1);
        blocks.lay(RANGE);
        assertThat(blocks.affordable(writes, RANGE)).as("one of them is laid").isEqualTo(4);
        blocks.close();
    }

    private static BlockWrite write(long offset) {
        return new BlockWrite(offset, ByteBuffer.wrap(new byte[3]));
    }
}
