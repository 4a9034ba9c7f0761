package io.resilver.execution;

import static io.resilver.execution.LeaderFixture.A;
import static io.resilver.execution.LeaderFixture.B;
import static io.resilver.execution.LeaderFixture.FIRST;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.coordination.TakeOverPace;
import io.resilver.spi.error.RecoveryException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Very many leaders of one host, all due at the same moment. */
class LooksInTurnTest {
    private static final Duration READ_LEASE = LeaderOptions.DEFAULT.readLease();
    private static final Duration SETTLED = Duration.ofSeconds(15);

    private final LeaderFixture f = new LeaderFixture();

    @Test
    @DisplayName(
            "R40: few leaders of a host look at their replicas at a time; another one waits for its turn, and then goes on")
    void inTurn() throws RecoveryException {
        f.set = new GivenSet(Set.of(A, B), 1);
        f.source.append(FIRST, 10);
        f.holds(B, 30);
        VolumeLeader leader = f.lead(true, B);
        f.pass(READ_LEASE);
        assertThat(leader.mayServeReads()).isTrue();

        List<TakeOverPace.Turn> others = new ArrayList<>();
        TakeOverPace looks = f.scheduler.looks();
        while (others.size() == looks.load()) {
            looks.enter(Runnable::run, others::add);
        }
        f.pass(READ_LEASE.multipliedBy(2));
        assertThat(leader.mayServeReads()).as("nobody was asked meanwhile").isFalse();

        for (int i = 0; i < others.size(); i++) { // the last of them takes its turn while the first ones leave
            others.get(i).leave();
        }
        f.pass(SETTLED);
        assertThat(leader.mayServeReads()).isTrue();
        assertThat(f.set.view().members()).containsExactlyInAnyOrder(A, B);
        assertThat(looks.load()).isZero();
        assertThat(f.uncaught).isEmpty();
    }
}
