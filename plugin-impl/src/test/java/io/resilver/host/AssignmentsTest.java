package io.resilver.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.engine.EpochLimit;
import io.resilver.spi.driver.Assignment;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a host does with what its own authority assigns. */
class AssignmentsTest {
    private static final ReplicaId SELF = MemoryHosts.replica("a");
    private static final Incarnation FIRST = new Incarnation("first");
    private static final Incarnation SECOND = new Incarnation("second");

    private final MemoryHosts hosts = new MemoryHosts();
    private final MemoryHosts.Host a = hosts.new Host("a");

    private CompletionStage<Leadership> assign(Incarnation incarnation, long epoch) throws RecoveryException {
        return a.host.assign(new Assignment(
                MemoryHosts.VOLUME,
                incarnation,
                new Epoch(epoch, new MintId("m" + epoch)),
                1,
                SELF,
                List.of(new ReplicaAssignment(SELF, a.host.host(), Optional.empty(), Duty.FOLLOW))));
    }

    @Test
    @DisplayName(
            "R3 R6: a volume that was made anew is led by its own epochs, whatever those of the one before it were")
    void anotherIncarnationBeginsAnew() throws RecoveryException {
        a.open(FIRST);
        Leadership first = hosts.get(assign(FIRST, 5));
        a.open(SECOND);
        assertThat(first.ended().toCompletableFuture()).isCompleted();
        assertThat(hosts.get(assign(SECOND, 1)).epoch().number()).isEqualTo(1);
    }

    @Test
    @DisplayName("R3 R42: an epoch beyond belief is refused, and leaves the volume to those that may come")
    void anEpochBeyondBeliefIsRefused() throws RecoveryException {
        a.open(FIRST);
        Leadership first = hosts.get(assign(FIRST, 5));
        assertThat(hosts.failure(assign(FIRST, EpochLimit.HIGHEST + 1)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("highest");
        assertThat(first.ended().toCompletableFuture()).isNotDone();
        assertThat(hosts.get(assign(FIRST, 6)).epoch().number()).isEqualTo(6);
    }
}
