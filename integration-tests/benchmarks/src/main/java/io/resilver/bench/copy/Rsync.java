package io.resilver.bench.copy;

import java.util.List;

/** The two ways in which one who knows rsync would update a large local file. Neither is best in all: both are compared. */
public enum Rsync {
    /**
     * Compares whole-file checksums, then sends all, as it does by default between local files. The fastest of those with
     * {@code --checksum}.
     */
    WHOLE("--checksum --inplace --whole-file"),

    /**
     * Sends what a rolling checksum does not find in the target. Faster without {@code --checksum}, which would only read both
     * files once more: that the file differs is known.
     */
    DELTA("--ignore-times --inplace --no-whole-file");

    private final String options;

    Rsync(String options) {
        this.options = options;
    }

    /**
     * Its options.
     *
     * @return words as on its command line
     */
    public List<String> options() {
        return List.of(options.split(" ", -1));
    }
}
