package io.resilver.host.volume;

import static io.resilver.host.volume.Fixture.writer;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.host.disk.CrashDisk;
import io.resilver.hostile.Inputs;
import io.resilver.hostile.Mutator;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.storage.StagedInstall;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A store in which a base image was half staged, and whose staged files are nearly right. */
class HostileInstallTest {
    private static final Path STAGED = Fixture.DIRECTORY.resolve("gen-2");
    private static final List<String> FILES = List.of("base", "image", "ranges", "sums");
    private static final byte[] IMAGE = image();
    private static final long AT = 50;

    /** The image, its copies, and what opening, staging and installing it takes. */
    private static final long MOST_BYTES = 8 << 20;

    /** Installing costs more than opening. */
    private static final int SHARE = 20;

    @Test
    @DisplayName(
            "R16, R17: whatever lies among the staged files, the store opens as it was, no range is read that is not the"
                    + " base's, and the install ends with the base, byte for byte")
    void nearlyRight() throws RecoveryException {
        List<CrashDisk> goods = List.of(staged(base(4 << 10)), staged(base(1_000)), kept());
        int[] reused = new int[2];
        Inputs.triedLess(1, SHARE, MOST_BYTES, random -> {
            int which = random.nextInt(3);
            BaseDescriptor base = base(which == 1 ? 1_000 : 4 << 10);
            CrashDisk disk = goods.get(which).restarted(random);
            change(disk, random);
            try (FileVolume volume = Fixture.open(disk)) {
                assertThat(volume.size()).as("the image that is live").isEqualTo(which == 2 ? IMAGE.length : 0);
                try (StagedInstall install = volume.target().beginInstall(base)) {
                    verify(install);
                    reused[install.durableRanges().isEmpty() ? 0 : 1]++;
                    if (which == 2) {
                        keepOrWriteRest(install);
                    } else {
                        Fixture.writeAll(install, IMAGE);
                    }
                    install.flush();
                    install.commit();
                }
                installed(volume);
            }
            try (FileVolume again = Fixture.open(disk)) {
                installed(again);
            }
        });
        assertThat(reused[0]).as("nothing of it could be told").isPositive();
        assertThat(reused[1]).as("some of it was gone on with").isPositive();
    }

    private static void verify(StagedInstall install) throws RecoveryException {
        BaseDescriptor base = install.base();
        for (int index : install.durableRanges().stream().toArray()) {
            ByteBuffer into = ByteBuffer.allocate(base.rangeLength(index));
            try {
                install.read(index, into);
            } catch (CorruptException e) {
                assertThat(install.durableRanges().get(index))
                        .as("it counts no more")
                        .isFalse();
                continue;
            }
            int at = index * base.rangeBytes();
            assertThat(into.array()).isEqualTo(Arrays.copyOfRange(IMAGE, at, at + into.limit()));
        }
    }

    private static void installed(FileVolume volume) throws RecoveryException {
        ByteBuffer into = ByteBuffer.allocate((int) volume.size());
        volume.read(0, into);
        assertThat(into.array()).isEqualTo(IMAGE);
        assertThat(volume.target().position().flushedLsn()).isEqualTo(AT);
    }

    private static void change(CrashDisk disk, Random random) throws Exception {
        String name = FILES.get(random.nextInt(FILES.size()));
        Path file = STAGED.resolve(name);
        byte[] good = disk.bytes(file);
        int way = random.nextInt(8);
        if (way == 0) {
            disk.delete(file);
        } else if (way < 4 && name.equals("base")) {
            disk.replace(file, new Resummed(random).document(good));
        } else if (way < 4 && name.equals("ranges")) {
            disk.replace(file, new Resummed(random).notes(good));
        } else {
            byte[] other = disk.bytes(STAGED.resolve("base"));
            disk.replace(file, new Mutator(random).mutate(good, other));
        }
    }

    private static BaseDescriptor base(int rangeBytes) {
        return new BaseDescriptor(AT, new Lineage(List.of(writer(1, 1))), IMAGE.length, rangeBytes);
    }

    /** Every second range is durable. */
    private static CrashDisk staged(BaseDescriptor base) throws RecoveryException {
        CrashDisk disk = new CrashDisk();
        FileVolume volume = Fixture.open(disk);
        try (StagedInstall install = volume.target().beginInstall(base)) {
            for (int i = 0; i < base.ranges(); i += 2) {
                install.write(i, ByteBuffer.wrap(IMAGE, i * base.rangeBytes(), base.rangeLength(i)));
                install.flush();
            }
        }
        return disk.restarted(new Random(1));
    }

    private static void keepOrWriteRest(StagedInstall install) throws RecoveryException {
        BitSet durable = install.durableRanges();
        for (int i = durable.nextClearBit(0); i < install.base().ranges(); i = durable.nextClearBit(i + 1)) {
            Fixture.keepOrWrite(install, i, IMAGE);
        }
    }

    /** The image that is live has all ranges but the second one; the first two are durable. */
    private static CrashDisk kept() throws RecoveryException {
        CrashDisk disk = new CrashDisk();
        FileVolume volume = Fixture.open(disk);
        byte[] old = IMAGE.clone();
        old[4 << 10] ^= 1;
        volume.append(writer(1, 1), 0, ByteBuffer.wrap(old));
        volume.target().committed(volume.flush());
        volume.checkpoint();
        try (StagedInstall install = volume.target().beginInstall(base(4 << 10))) {
            assertThat(Fixture.keepOrWrite(install, 0, IMAGE)).isTrue();
            assertThat(Fixture.keepOrWrite(install, 1, IMAGE)).isFalse();
            install.flush();
        }
        return disk.restarted(new Random(1));
    }

    private static byte[] image() {
        byte[] image = new byte[3 * (4 << 10) + 17];
        new Random(3).nextBytes(image);
        return image;
    }
}
