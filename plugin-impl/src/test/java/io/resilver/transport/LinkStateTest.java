package io.resilver.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LinkStateTest {
    private static final Map<LinkState, Set<LinkState>> CHART = Map.of(
            LinkState.CONNECTING, EnumSet.of(LinkState.GREETING, LinkState.ENDED),
            LinkState.GREETING, EnumSet.of(LinkState.OPEN, LinkState.ENDED),
            LinkState.OPEN, EnumSet.of(LinkState.ENDED),
            LinkState.ENDED, EnumSet.noneOf(LinkState.class));

    @Test
    void everyPairOfStatesFollowsTheChart() {
        for (LinkState from : LinkState.values()) {
            for (LinkState to : LinkState.values()) {
                assertThat(from.mayBecome(to))
                        .as("%s to %s", from, to)
                        .isEqualTo(CHART.get(from).contains(to));
            }
        }
    }
}
