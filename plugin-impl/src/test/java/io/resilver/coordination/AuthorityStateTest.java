package io.resilver.coordination;

import static io.resilver.coordination.AuthorityState.ADMITTING;
import static io.resilver.coordination.AuthorityState.CLOSED;
import static io.resilver.coordination.AuthorityState.FOLLOWING;
import static io.resilver.coordination.AuthorityState.LEADING;
import static io.resilver.coordination.AuthorityState.TAKING_OVER;
import static io.resilver.coordination.AuthorityState.UNADMITTED;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The chart of the package, over all pairs. */
class AuthorityStateTest {
    @Test
    void theArrowsAreThoseOfTheChartAndNoOthers() {
        Set<String> expected = Set.of(
                arrow(UNADMITTED, ADMITTING),
                arrow(ADMITTING, UNADMITTED),
                arrow(ADMITTING, FOLLOWING),
                arrow(FOLLOWING, TAKING_OVER),
                arrow(TAKING_OVER, FOLLOWING),
                arrow(TAKING_OVER, LEADING),
                arrow(LEADING, FOLLOWING),
                arrow(UNADMITTED, CLOSED),
                arrow(ADMITTING, CLOSED),
                arrow(FOLLOWING, CLOSED),
                arrow(TAKING_OVER, CLOSED),
                arrow(LEADING, CLOSED));
        Set<String> found = Stream.of(AuthorityState.values())
                .flatMap(from -> Stream.of(AuthorityState.values())
                        .filter(from::mayBecome)
                        .map(to -> arrow(from, to)))
                .collect(Collectors.toSet());
        assertThat(found).isEqualTo(expected);
    }

    private static String arrow(AuthorityState from, AuthorityState to) {
        return from + ">" + to;
    }
}
