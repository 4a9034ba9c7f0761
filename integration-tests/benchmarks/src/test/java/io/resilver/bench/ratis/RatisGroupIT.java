package io.resilver.bench.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.bench.process.Children;
import io.resilver.bench.run.Workbench;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A restarted follower of Ratis, with real processes. */
class RatisGroupIT {
    @TempDir
    Path directory;

    private static void isWhole(RatisGroup.Times times) {
        assertThat(times.verified()).isTrue();
        assertThat(times.streamingSeconds()).isPositive();
        assertThat(times.restartSeconds()).isGreaterThan(times.streamingSeconds());
    }

    @Test
    @DisplayName("A restarted follower catches up what was written, time and again, and leaves no log behind")
    void catchesUp() throws Exception {
        Children children = new Children();
        Workbench bench = new Workbench("catchup", directory, children, 1, true, System.err);
        try (RatisGroup group = RatisGroup.start(bench, directory)) {
            isWhole(group.catchUp(2_000, 4_096, 1));
            isWhole(group.catchUp(20_000, 128, 2));
        } finally {
            children.end();
        }
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).allMatch(each -> each.toString().endsWith(".log"));
        }
    }

    @Test
    @DisplayName("The settings say what is forced")
    void settings() {
        assertThat(RatisGroup.settings())
                .anyMatch(line -> line.contains("forces"))
                .anyMatch(line -> line.contains("raft.server.rpc.timeout.min=300ms")
                        && line.contains("raft.server.rpc.timeout.max=600ms"));
    }
}
