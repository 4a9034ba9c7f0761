package io.resilver.execution;

import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import io.resilver.threads.Orders;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The one window and the slots that all recoveries of a host share. */
class RecoverySchedulerThreadsTest {
    private static final int WINDOW = 10;
    private static final int SLOTS = 1;
    private static final VolumeId VOLUME = new VolumeId("v");

    @Test
    @DisplayName("R51: the host's bytes are never taken twice, and whoever waits for some has them once")
    void bytes() {
        Orders.check(Bytes.class);
    }

    @Test
    @DisplayName("R21: a slot has one recovery at a time, and nobody waits while it is free")
    void slots() {
        Orders.check(Slots.class);
    }

    @Param(name = "bytes", gen = IntGen.class, conf = "4:12")
    public static final class Bytes {
        private final RecoveryScheduler scheduler = new RecoveryScheduler(SLOTS, SLOTS, WINDOW);
        private final AtomicInteger underWay = new AtomicInteger();
        private final Queue<Integer> sent = new ConcurrentLinkedQueue<>();
        private final AtomicInteger waiting = new AtomicInteger();
        private final AtomicReference<String> violation = new AtomicReference<>();

        /** Sends, and is not answered yet. */
        @Operation
        public void send(@Param(name = "bytes") int bytes) {
            waiting.incrementAndGet();
            if (scheduler.takeBytes(VOLUME, bytes, () -> taken(bytes)).isEmpty()) {
                taken(bytes);
            }
        }

        private void taken(int bytes) {
            waiting.decrementAndGet();
            int now = underWay.addAndGet(bytes);
            if (now > WINDOW && now != bytes) {
                violation.set(now + " bytes under way, and " + bytes + " are not alone");
            }
            sent.add(bytes);
        }

        /** Somebody's answer comes. */
        @Operation
        public void answer() {
            Integer bytes = sent.poll();
            if (bytes != null) {
                underWay.addAndGet(-bytes);
                scheduler.giveBytes(bytes);
            }
        }

        @Validate
        public void allIsGivenBack() {
            while (!sent.isEmpty()) {
                answer();
            }
            if (violation.get() != null) {
                throw new IllegalStateException(violation.get());
            }
            if (scheduler.bytesUnderWay() != 0 || waiting.get() != 0) {
                throw new IllegalStateException(scheduler.bytesUnderWay() + " bytes left; waiting " + waiting);
            }
        }
    }

    @Param(name = "priority", gen = IntGen.class, conf = "0:1")
    public static final class Slots {
        private final RecoveryScheduler scheduler = new RecoveryScheduler(SLOTS, SLOTS, WINDOW);
        private final Queue<Recovery> recoveries = new ConcurrentLinkedQueue<>();
        private final AtomicReference<String> violation = new AtomicReference<>();

        /** A recovery with its slot, or its wait for it. */
        private static final class Recovery {
            private final AtomicInteger begun = new AtomicInteger();
            private RecoveryScheduler.Slot slot;
        }

        @Operation
        public void begin(@Param(name = "priority") int priority) {
            Recovery recovery = new Recovery();
            recovery.slot = scheduler.acquireSlot(
                    new ReplicaId(VOLUME, "r"), new HostId("h"), priority, recovery.begun::incrementAndGet);
            recoveries.add(recovery);
        }

        /** Ends, and says so twice. */
        @Operation
        public void end() {
            Recovery recovery = recoveries.poll();
            if (recovery != null) {
                recovery.slot.close();
                recovery.slot.close();
            }
        }

        @Operation
        public void look() {
            int active = scheduler.active();
            if (active < 0 || active > SLOTS) {
                violation.set(active + " recoveries have a slot");
            }
        }

        @Validate
        public void nobodyWaitsForNothing() {
            long begun =
                    recoveries.stream().filter(each -> each.begun.get() > 0).count();
            if (violation.get() != null) {
                throw new IllegalStateException(violation.get());
            }
            if (recoveries.stream().anyMatch(each -> each.begun.get() > 1)
                    || begun != Math.min(SLOTS, recoveries.size())
                    || scheduler.active() != begun
                    || scheduler.waiting() != recoveries.size() - begun) {
                throw new IllegalStateException(begun + " of " + recoveries.size() + " have begun; active "
                        + scheduler.active() + ", waiting " + scheduler.waiting());
            }
        }
    }
}
