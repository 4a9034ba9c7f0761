package io.resilver.execution;

import io.resilver.replica.ManualRuntime;
import io.resilver.replica.StoreSite;
import io.resilver.runtime.Strand;
import io.resilver.threads.Orders;
import java.time.Duration;
import java.util.OptionalLong;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ReadLeaseThreadsTest {
    @Test
    @DisplayName("R37: readers ask while the strand sets the lease and takes it back, and hear one or the other")
    void oneOrTheOther() {
        Orders.check(Lease.class, Model.class);
    }

    @Param(name = "answer", gen = IntGen.class, conf = "-20:20")
    public static final class Lease {
        private final ManualRuntime runtime = new ManualRuntime();
        private final ReadLease lease = new ReadLease(
                Duration.ofNanos(10),
                new StrandIo(
                        runtime, new Strand(runtime.workers(), error -> {}), new StoreSite(LeaderFixture.A, "memory")));

        @Operation(nonParallelGroup = "strand")
        public void restsOn(@Param(name = "answer") int answer) {
            lease.restsOn(OptionalLong.of(answer));
        }

        @Operation(nonParallelGroup = "strand")
        public void over() {
            lease.restsOn(OptionalLong.empty());
        }

        @Operation
        public boolean holds() {
            return lease.holds();
        }
    }

    /** The lease for one thread. */
    public static final class Model {
        private boolean holds;

        public void restsOn(int answer) {
            holds = answer + 10 > 0;
        }

        public void over() {
            holds = false;
        }

        public boolean holds() {
            return holds;
        }
    }
}
