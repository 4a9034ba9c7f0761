package io.resilver.bench.rocks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replay of RocksDB. */
class RocksReplayIT {
    @TempDir
    Path directory;

    @Test
    @DisplayName("Small entries, many to a batch, are all replayed with their content")
    void small() throws Exception {
        RocksReplay.Run run = RocksReplay.run(directory, 20_000, 128, 1);
        assertThat(run.verified()).isTrue();
        assertThat(run.seconds()).isPositive();
    }

    @Test
    @DisplayName("Entries that are longer than a batch are replayed one by one")
    void large() throws Exception {
        RocksReplay.Run run = RocksReplay.run(directory, 20, 300_000, 2);
        assertThat(run.verified()).isTrue();
        assertThat(run.seconds()).isPositive();
    }
}
