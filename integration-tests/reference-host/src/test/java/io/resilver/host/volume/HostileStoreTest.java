package io.resilver.host.volume;

import static io.resilver.host.volume.Fixture.bytes;
import static io.resilver.host.volume.Fixture.entries;
import static io.resilver.host.volume.Fixture.writer;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.host.disk.CrashDisk;
import io.resilver.hostile.Inputs;
import io.resilver.hostile.Mutator;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.LineageElement;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A closed store whose files are nearly right: its meta file and its log. */
class HostileStoreTest {
    private static final LineageElement ONE = writer(1, 1);
    private static final LineageElement TWO = writer(2, 201);

    /** A few segments of 400 bytes and what it takes to read them. */
    private static final long MOST_BYTES = 8 << 20;

    /** Opening a store costs more than reading a frame. */
    private static final int SHARE = 10;

    @Test
    @DisplayName(
            "R20: a store whose files were changed is refused by file and place, untouched, or has every entry as it was")
    void nearlyRight() throws RecoveryException {
        CrashDisk good = new CrashDisk();
        List<EntryId> written = fill(good);
        List<Path> files = good.files().keySet().stream()
                .filter(file -> file.toString().contains("/log/") || file.endsWith("meta"))
                .toList();
        assertThat(files).hasSizeGreaterThan(3);
        Path newest = files.stream()
                .filter(file -> file.toString().endsWith(".seg"))
                .max(Comparator.naturalOrder())
                .orElseThrow();
        int[] refused = new int[1];
        Inputs.triedLess(1, SHARE, MOST_BYTES, random -> {
            CrashDisk disk = good.restarted(random);
            Path file = files.get(random.nextInt(files.size()));
            byte[] right = disk.bytes(file);
            byte[] wrong = new Mutator(random).mutate(right, disk.bytes(files.get(random.nextInt(files.size()))));
            disk.replace(file, wrong);
            if (!open(disk, file, wrong.length, written)) {
                refused[0]++;
            } else {
                // Behind the last entry of the newest segment is what a crash leaves of a write: that is cut off.
                boolean torn = file.equals(newest) && Arrays.equals(right, Arrays.copyOf(wrong, right.length));
                assertThat(torn || Arrays.equals(right, wrong))
                        .as("%s was changed and taken", file)
                        .isTrue();
            }
        });
        assertThat(refused[0]).isPositive();
    }

    private static boolean open(CrashDisk disk, Path changed, int length, List<EntryId> written)
            throws RecoveryException {
        Map<Path, String> before = disk.contents();
        try (FileVolume volume = Fixture.open(disk)) {
            assertThat(entries(volume, 0)).isEqualTo(written);
            return true;
        } catch (CorruptException refused) {
            assertThat(refused.where()).startsWith(Fixture.DIRECTORY.toString());
            if (refused.where().equals(changed.toString())) {
                assertThat(refused.offset()).isBetween(0L, (long) length);
            }
            assertThat(disk.contents()).as("nothing is changed by looking").isEqualTo(before);
            return false;
        }
    }

    private static List<EntryId> fill(CrashDisk disk) throws RecoveryException {
        try (FileVolume volume = Fixture.open(disk)) {
            for (int i = 0; i < 30; i++) {
                volume.append(i < 20 ? ONE : TWO, i, bytes("data of entry " + i));
                volume.flush();
            }
            return entries(volume, 0);
        }
    }
}
