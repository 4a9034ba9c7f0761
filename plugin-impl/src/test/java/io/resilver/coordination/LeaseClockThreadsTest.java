package io.resilver.coordination;

import io.resilver.threads.Orders;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LeaseClockThreadsTest {
    private static final int LEASE = 10;

    @Test
    @DisplayName("R38: acknowledgements, a lost node and questions cross each other, and the latest anchor counts")
    void theLatestAnchorCounts() {
        Orders.check(Lease.class, Model.class);
    }

    @Param(name = "time", gen = IntGen.class, conf = "0:9")
    public static final class Lease {
        private final AtomicLong now = new AtomicLong();
        private final LeaseClock clock = new LeaseClock(now::get, Duration.ofNanos(LEASE));

        @Operation
        public void acknowledged(@Param(name = "time") int sent) {
            clock.acknowledged(sent);
        }

        @Operation
        public void pass(@Param(name = "time") int time) {
            now.addAndGet(time);
        }

        @Operation
        public void revoke() {
            clock.revoke();
        }

        @Operation
        public boolean valid() {
            return clock.valid();
        }
    }

    /** The lease for one thread. */
    public static final class Model {
        private int now;
        private int until = Integer.MIN_VALUE;

        public void acknowledged(int sent) {
            until = Math.max(until, sent + LEASE);
        }

        public void pass(int time) {
            now += time;
        }

        public void revoke() {
            until = Integer.MIN_VALUE;
        }

        public boolean valid() {
            return now < until;
        }
    }
}
