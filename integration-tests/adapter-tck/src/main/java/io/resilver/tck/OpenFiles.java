package io.resilver.tck;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What this process has open, by what Linux tells of it. */
final class OpenFiles {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    private OpenFiles() {}

    /**
     * The files that are open below a directory.
     *
     * @param directory absolute
     * @return their names, sorted, each once for each descriptor; a deleted one has a suffix that says so
     * @throws IOException on a system that does not tell
     */
    static List<String> below(Path directory) throws IOException {
        if (!Files.isDirectory(DESCRIPTORS)) {
            throw new IOException("this system does not tell which files are open: override TckFixture.openFiles");
        }
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        String prefix = directory.toRealPath() + "/";
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(DESCRIPTORS)) {
            for (Path descriptor : descriptors) {
                try {
                    String name = Files.readSymbolicLink(descriptor).toString();
                    if (name.startsWith(prefix)) {
                        names.add(name.substring(prefix.length()));
                    }
                } catch (NoSuchFileException e) {
                    // closed meanwhile, as this listing's own one is
                }
            }
        }
        names.sort(null);
        return names;
    }
}
