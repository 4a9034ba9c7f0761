package io.resilver.host.volume.install;

import io.resilver.host.disk.Damage;
import io.resilver.host.disk.Disk;
import io.resilver.host.volume.image.Patch;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Map;

/** A staged image that was committed while part of it is in the image that it replaces: what was written lies over that. */
public final class StagedPatch {
    private StagedPatch() {}

    /**
     * Opens what lies over the image, from the files of the staging that was committed. Changes nothing.
     *
     * @param disk where
     * @param directory the staging's
     * @return the patch, which the caller closes
     * @throws io.resilver.spi.error.CorruptException when the files do not tell all of it
     */
    public static Patch open(Disk disk, Path directory) throws IOException, RecoveryException {
        Path file = directory.resolve(Staging.RANGES);
        try (RangeNotes notes = RangeNotes.openToRead(disk, file)) {
            BaseDescriptor base = Staging.describedIn(disk, directory);
            Map<Integer, RangeNotes.Note> all = notes.read(base.ranges());
            if (all.size() < base.ranges()) {
                throw Damage.found(
                        "an installed image has " + base.ranges() + " ranges, and where they are is told of "
                                + all.size(),
                        file,
                        0);
            }
            BitSet written = new BitSet();
            all.forEach((index, note) -> written.set(index, note instanceof RangeNotes.Written));
            return Patch.open(
                    disk,
                    directory.resolve(Staging.IMAGE),
                    directory.resolve(Staging.SUMS),
                    base.rangeBytes(),
                    base.sizeBytes(),
                    written);
        } catch (NoSuchFileException e) {
            throw Damage.found("part of an installed image is missing", Path.of(String.valueOf(e.getFile())), 0);
        }
    }
}
