package io.resilver.bench.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** How Ratis is set up is told with its figures; that it works is what the comparisons of catch-ups show. */
class RatisSettingsTest {
    @Test
    @DisplayName("the settings say what is forced, and when a leader is given up")
    void settings() {
        assertThat(RatisGroup.settings(4_096))
                .anyMatch(line -> line.contains("forces"))
                .anyMatch(line -> line.contains("raft.server.rpc.timeout.min=300ms")
                        && line.contains("raft.server.rpc.timeout.max=600ms"));
    }
}
