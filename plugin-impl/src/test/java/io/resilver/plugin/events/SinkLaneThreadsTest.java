package io.resilver.plugin.events;

import io.resilver.spi.event.EventSink;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.threads.Orders;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SinkLaneThreadsTest {
    private static final int PLACES = 2;
    private static final RecoveryEvent EVENT = EventSamples.progressed(1);

    @Test
    @DisplayName(
            "R21: every event is delivered or counted as lost, one at a time, within the queue's places, never after the end")
    void deliveredOrLost() {
        Orders.check(Lane.class);
    }

    public static final class Lane {
        /** The executor's queue; its workers are the threads of the test. */
        private final Queue<Runnable> turns = new ConcurrentLinkedQueue<>();

        private final Sink sink = new Sink();
        private final SinkLane lane = new SinkLane(new NamedSink("test", sink), turns::add, PLACES);
        private final AtomicInteger offered = new AtomicInteger();
        private final AtomicInteger ends = new AtomicInteger();

        @Operation
        public void offer() {
            lane.offer(EVENT);
            offered.incrementAndGet();
        }

        /** A worker takes a turn. */
        @Operation
        public void work() {
            Runnable turn = turns.poll();
            if (turn != null) {
                turn.run();
            }
        }

        @Operation
        public void end() {
            lane.end();
            ends.incrementAndGet();
        }

        @Validate
        public void allIsAccountedFor() {
            int before = sink.delivered.get();
            for (Runnable turn = turns.poll(); turn != null; turn = turns.poll()) {
                turn.run();
            }
            int waited = sink.delivered.get() - before;
            if (sink.violation.get() != null) {
                throw new IllegalStateException(sink.violation.get());
            }
            if (waited > PLACES
                    || sink.delivered.get() + lane.lost() != offered.get()
                    || sink.closed.get() != Math.min(1, ends.get())) {
                throw new IllegalStateException(sink.delivered + " delivered, " + waited + " of them waited, "
                        + lane.lost() + " lost of " + offered + "; closed " + sink.closed);
            }
        }
    }

    private static final class Sink implements EventSink {
        private final AtomicInteger inside = new AtomicInteger();
        private final AtomicInteger delivered = new AtomicInteger();
        private final AtomicInteger closed = new AtomicInteger();
        private final AtomicReference<String> violation = new AtomicReference<>();

        @Override
        public void accept(RecoveryEvent event) {
            if (inside.incrementAndGet() != 1 || closed.get() != 0) {
                violation.set("called by two at a time, or after its close");
            }
            delivered.incrementAndGet();
            inside.decrementAndGet();
        }

        @Override
        public void close() {
            if (inside.get() != 0) {
                violation.set("closed while it is called");
            }
            closed.incrementAndGet();
        }
    }
}
