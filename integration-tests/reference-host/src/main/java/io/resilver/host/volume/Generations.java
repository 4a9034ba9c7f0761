package io.resilver.host.volume;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskOperations;
import io.resilver.host.volume.image.Patch;
import io.resilver.host.volume.install.StagedPatch;
import io.resilver.host.volume.install.Staging;
import io.resilver.host.volume.meta.Meta;
import io.resilver.spi.error.RecoveryException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Which files of a store's generations are in force. The live one has the log. The image is there too, or in an older one, which
 * has nothing else then; and while an install that changed part of it is not laid over it, the live one has what that
 * changed. The one that follows may be a staging.
 */
final class Generations {
    /** What an image is made of. */
    private static final List<String> IMAGE = List.of(Staging.IMAGE, Staging.SUMS);

    private Generations() {}

    /** Opens what lies over the image; the caller closes it. */
    static Optional<Patch> patch(Disk disk, Layout layout, Meta.Content content) throws IOException, RecoveryException {
        return content.patched()
                ? Optional.of(StagedPatch.open(disk, layout.generation(content.generation())))
                : Optional.empty();
    }

    /** Removes what is not in force and is no staging. Not durable: what is left goes at the next open. */
    static void removeOthers(Disk disk, Layout layout, Meta.Content content) throws IOException {
        for (String name : disk.list(layout.directory())) {
            OptionalLong number = Layout.generationOf(name);
            if (number.isPresent() && number.getAsLong() != content.generation() + 1) {
                removeOthers(disk, layout, content, number.getAsLong());
            }
        }
    }

    private static void removeOthers(Disk disk, Layout layout, Meta.Content content, long generation)
            throws IOException {
        Path directory = layout.generation(generation);
        if (generation == content.generation()) {
            if (!content.patched()) {
                removePatch(disk, layout, content);
            }
        } else if (generation == content.imageGeneration()) {
            for (String name : disk.list(directory)) {
                if (!IMAGE.contains(name)) {
                    DiskOperations.deleteTree(disk, directory.resolve(name));
                }
            }
        } else {
            DiskOperations.deleteTree(disk, directory);
        }
    }

    /** Removes what was staged for the live generation, but for the image where that is its own. */
    static void removePatch(Disk disk, Layout layout, Meta.Content content) throws IOException {
        Path directory = layout.generation(content.generation());
        Staging.forget(disk, directory);
        if (content.imageGeneration() != content.generation()) {
            for (String name : IMAGE) {
                disk.delete(directory.resolve(name));
            }
        }
    }
}
