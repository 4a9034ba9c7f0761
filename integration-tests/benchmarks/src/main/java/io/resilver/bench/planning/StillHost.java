package io.resilver.bench.planning;

import io.resilver.execution.Membership;
import io.resilver.execution.Meter;
import io.resilver.runtime.HostRuntime;
import io.resilver.spi.MonotonicClock;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * A host on which time stands still and all is done in the caller's thread: timers are asked for and never due, and the primary
 * alone is in the in-sync set.
 */
final class StillHost implements HostRuntime, Membership, Meter {
    private static final Timer NEVER = () -> {};

    private final View alone;
    private final Random random = new Random(1);

    StillHost(ReplicaId self) {
        alone = new View(Set.of(self), 1, Map.of());
    }

    @Override
    public MonotonicClock clock() {
        return () -> 0;
    }

    @Override
    public Executor workers() {
        return Runnable::run;
    }

    @Override
    public Executor io() {
        return Runnable::run;
    }

    @Override
    public RandomGenerator random() {
        return random;
    }

    @Override
    public Timer after(Duration delay, Runnable task) {
        return NEVER;
    }

    @Override
    public View view() {
        return alone;
    }

    @Override
    public CompletionStage<View> join(ReplicaId replica, StoreIdentity store) {
        return refresh();
    }

    @Override
    public CompletionStage<View> leave(ReplicaId replica, String why) {
        return refresh();
    }

    @Override
    public CompletionStage<View> refresh() {
        return CompletableFuture.completedFuture(alone);
    }

    @Override
    public boolean mayStartBulkStep() {
        return true;
    }

    @Override
    public void sent(long entries, long bytes) {}

    @Override
    public void step(long nanos) {}

    @Override
    public void scrubbed(long bytes) {}

    @Override
    public void committed() {}
}
