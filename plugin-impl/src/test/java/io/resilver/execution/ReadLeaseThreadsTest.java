package io.resilver.execution;

import io.resilver.replica.ManualRuntime;
import io.resilver.replica.StoreSite;
import io.resilver.runtime.Strand;
import io.resilver.threads.Orders;
import java.time.Duration;
import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ReadLeaseThreadsTest {
    @Test
    @DisplayName(
            "R37: readers ask while answers come and the strand sets the lease and takes it back, and hear one or the other")
    void oneOrTheOther() {
        Orders.check(Lease.class, Model.class);
    }

    @Param(name = "asked", gen = IntGen.class, conf = "-20:20")
    public static final class Lease {
        private final ManualRuntime runtime = new ManualRuntime();
        private final SignsOfLife other = new SignsOfLife();
        private final ReadLease lease = new ReadLease(
                Duration.ofNanos(10),
                new StrandIo(
                        runtime, new Strand(runtime.workers(), error -> {}), new StoreSite(LeaderFixture.A, "memory")));

        @Operation(nonParallelGroup = "strand")
        public void restsOnIt() {
            lease.restsOn(List.of(other));
        }

        @Operation(nonParallelGroup = "strand")
        public void over() {
            lease.restsOnNothing();
        }

        @Operation
        public void answered(@Param(name = "asked") int asked) {
            other.answered(asked, 0);
        }

        @Operation
        public boolean holds() {
            return lease.holds();
        }
    }

    /** The lease for one thread, at time 0. */
    public static final class Model {
        private boolean rests;
        private int latest = Integer.MIN_VALUE;

        public void restsOnIt() {
            rests = true;
        }

        public void over() {
            rests = false;
        }

        public void answered(int asked) {
            if (asked <= 0) { // what was not asked yet has no answer
                latest = Math.max(latest, asked);
            }
        }

        public boolean holds() {
            return rests && latest > -10;
        }
    }
}
