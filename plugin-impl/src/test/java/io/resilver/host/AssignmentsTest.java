package io.resilver.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.engine.EpochLimit;
import io.resilver.spi.driver.Assignment;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
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
        return assign(a, incarnation, epoch, 1);
    }

    private static CompletionStage<Leadership> assign(
            MemoryHosts.Host to, Incarnation incarnation, long epoch, long configuration) throws RecoveryException {
        return to.host.assign(new Assignment(
                MemoryHosts.VOLUME,
                incarnation,
                new Epoch(epoch, new MintId("m" + epoch)),
                configuration,
                SELF,
                List.of(new ReplicaAssignment(SELF, to.host.host(), Optional.empty(), Duty.FOLLOW))));
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

    private CompletionStage<Void> invalidate(long epoch) throws RecoveryException {
        return a.host.invalidateEpoch(MemoryHosts.VOLUME, epoch);
    }

    @Test
    @DisplayName("R3: an epoch that is invalidated while the store promises it never leads, and the next one does")
    void invalidatedWhileItBegins() throws RecoveryException {
        a.open(FIRST);
        CompletionStage<Leadership> begun = assign(FIRST, 5);
        hosts.get(invalidate(5));
        assertThat(hosts.failure(begun)).isInstanceOf(FencedException.class).hasMessageContaining("invalidated");
        assertThat(a.host.leaders()).isEmpty();
        assertThat(hosts.failure(assign(a, FIRST, 5, 2))).isInstanceOf(FencedException.class);
        assertThat(hosts.get(assign(FIRST, 6)).epoch().number()).isEqualTo(6);
    }

    @Test
    @DisplayName("R4: who assigns an epoch again while it begins hears of that epoch, never of the one that it ends")
    void assignedAgainWhileItBegins() throws RecoveryException {
        a.open(FIRST);
        Leadership before = hosts.get(assign(FIRST, 4));
        CompletionStage<Leadership> first = assign(FIRST, 5);
        CompletionStage<Leadership> same = assign(FIRST, 5);
        CompletionStage<Leadership> configured = assign(a, FIRST, 5, 2);
        Leadership now = hosts.get(first);
        assertThat(now.epoch().number()).isEqualTo(5);
        assertThat(hosts.get(same)).isSameAs(now);
        assertThat(hosts.get(configured)).isSameAs(now);
        assertThat(before.ended().toCompletableFuture()).isCompleted();
        assertThat(hosts.get(assign(FIRST, 4))).isSameAs(now);
    }

    @Test
    @DisplayName("R3 R4: an assignment that comes right after its epoch was invalidated is not answered with its term")
    void assignedAgainWhileItEnds() throws RecoveryException {
        a.open(FIRST);
        Leadership ending = hosts.get(assign(FIRST, 5));
        CompletionStage<Void> ended = invalidate(5);
        CompletionStage<Leadership> same = assign(FIRST, 5);
        assertThat(hosts.failure(same)).isInstanceOf(FencedException.class);
        hosts.get(ended);
        assertThat(ending.ended().toCompletableFuture()).isCompleted();
    }

    @Test
    @DisplayName("R13: a term that cannot be made is taken back: nobody enters by it, and a higher epoch leads")
    void aTermThatCannotBeMade() throws RecoveryException {
        AtomicBoolean broken = new AtomicBoolean();
        a.adapter.stores = store -> new MemoryHosts.Moody(store, broken);
        a.open(FIRST);
        broken.set(true);
        assertThat(hosts.failure(assign(FIRST, 5)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("an adapter's bug");
        assertThat(a.host.leaders()).isEmpty();
        broken.set(false);
        assertThat(hosts.failure(assign(FIRST, 5)))
                .isInstanceOf(FencedException.class)
                .hasMessageContaining("higher");
        assertThat(hosts.get(assign(FIRST, 6)).epoch().number()).isEqualTo(6);
    }

    @Test
    @DisplayName(
            "R3: an epoch that closed the own gate and was not promised is spent: who assigns it again is told so, and"
                    + " a higher one leads")
    void anEpochThatFailedIsSpent() throws RecoveryException {
        a.open(FIRST);
        a.adapter.disk(SELF, FIRST).hook = call -> {
            if (call.startsWith("promise")) {
                throw new RetriableException("a disk that fails", Duration.ZERO);
            }
        };
        assertThat(hosts.failure(assign(FIRST, 5))).isInstanceOf(RetriableException.class);
        a.adapter.disk(SELF, FIRST).hook = call -> {};
        assertThat(hosts.failure(assign(FIRST, 5)))
                .isInstanceOf(FencedException.class)
                .hasMessageContaining("higher");
        assertThat(hosts.failure(assign(FIRST, 4))).isInstanceOf(FencedException.class);
        assertThat(hosts.get(assign(FIRST, 6)).epoch().number()).isEqualTo(6);
    }

    @Test
    @DisplayName(
            "R3 R5: after a restart the epoch that the store has promised begins no second time: its session numbers"
                    + " were used")
    void aPromisedEpochBeginsNoSecondTime() throws RecoveryException {
        a.open(FIRST);
        hosts.get(assign(FIRST, 5));
        hosts.get(invalidate(5));
        hosts.get(a.host.closeStores("a restart"));
        MemoryHosts.Host again = hosts.new Host("a");
        again.adapter.disks.putAll(a.adapter.disks);
        again.open(FIRST);
        assertThat(hosts.failure(assign(again, FIRST, 5, 1)))
                .isInstanceOf(FencedException.class)
                .hasMessageContaining("higher");
        assertThat(hosts.get(assign(again, FIRST, 6, 1)).epoch().number()).isEqualTo(6);
    }

    @Test
    @DisplayName("R6 R12: an epoch that begins while its store is closed begins no term")
    void closedWhileItBegins() throws RecoveryException {
        a.open(FIRST);
        CompletionStage<Leadership> begun = assign(FIRST, 5);
        hosts.runtime.runWorkers();
        assertThat(hosts.runtime.runOneIo()).as("the store has promised").isTrue();
        a.open(SECOND);
        assertThat(hosts.failure(begun)).isInstanceOf(CancelledException.class);
        assertThat(hosts.get(assign(SECOND, 1)).epoch().number()).isEqualTo(1);
    }
}
