package io.resilver.bench.planning;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What one recovery allocates in the engine: counted, not timed, so that a machine under load says the same. */
class EngineAllocationTest {
    private static final int REPLICAS = 100;

    /** By then the first compiler has come, and call sites that are linked at their first call have been linked. */
    private static final int WARM_UP = 20_000;

    private static final int COUNTED = 20_000;

    @Test
    @DisplayName(
            "R1, R8, R9, R12: a recovery is planned, bound, pinned, checked and completed, and leaves nothing behind")
    void completeWithoutLeaks() {
        EngineFleet fleet = new EngineFleet(REPLICAS);
        for (int each = 0; each < 3 * REPLICAS; each++) {
            fleet.recoverNext();
        }
        fleet.verify();
    }

    @Test
    @DisplayName(
            "R4, R6: an assignment that moves one replica of 10,000 costs no more than one of 100 (allocated bytes)")
    void independentOfTheFleet() {
        assertThat(bytesEach(10_000)).isLessThan(1.2 * bytesEach(REPLICAS));
    }

    private static double bytesEach(int replicas) {
        EngineFleet fleet = new EngineFleet(replicas);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long self = Thread.currentThread().getId();
        for (int each = 0; each < WARM_UP; each++) {
            fleet.recoverNext();
        }
        long before = threads.getThreadAllocatedBytes(self);
        for (int each = 0; each < COUNTED; each++) {
            fleet.recoverNext();
        }
        double bytes = (double) (threads.getThreadAllocatedBytes(self) - before) / COUNTED;
        fleet.verify();
        return bytes;
    }
}
