package io.resilver.coordination;

import io.resilver.threads.Orders;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TakeOverPaceThreadsTest {
    private static final int TURNS = 1;

    @Test
    @DisplayName("R40: never more than the turns are taken, and nobody waits while one is free")
    void turns() {
        Orders.check(Turns.class);
    }

    public static final class Turns {
        private final TakeOverPace pace = new TakeOverPace(TURNS);
        private final Queue<Work> begun = new ConcurrentLinkedQueue<>();
        private final AtomicInteger entered = new AtomicInteger();
        private final AtomicReference<String> violation = new AtomicReference<>();

        /** What is done in a turn; over before the turn is given back. */
        private record Work(TakeOverPace.Turn turn, AtomicBoolean over) {}

        @Operation
        public void enter() {
            pace.enter(Runnable::run, this::work);
            entered.incrementAndGet();
        }

        private void work(TakeOverPace.Turn turn) {
            if (atWork() >= TURNS) {
                violation.set("one more than the turns is at work");
            }
            begun.add(new Work(turn, new AtomicBoolean()));
        }

        /** Gives the first turn back; another thread may do so with the same one. */
        @Operation
        public void leave() {
            for (Work each : begun) {
                if (!each.over.get()) {
                    each.over.set(true);
                    each.turn.leave();
                    return;
                }
            }
        }

        private int atWork() {
            int now = 0;
            for (Work each : begun) {
                now += each.over.get() ? 0 : 1;
            }
            return now;
        }

        @Validate
        public void nobodyWaitsForNothing() {
            int waiting = entered.get() - begun.size();
            if (violation.get() != null || (waiting > 0 && atWork() < TURNS) || pace.load() != atWork() + waiting) {
                throw new IllegalStateException(
                        violation + "; at work " + atWork() + ", waiting " + waiting + ", load " + pace.load());
            }
        }
    }
}
