package io.resilver.runtime;

import io.resilver.threads.Orders;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class StrandThreadsTest {
    @Test
    @DisplayName("R2: tasks of a strand run one at a time, each once, those of one thread in its order")
    void oneAtATime() {
        Orders.check(Tasks.class);
    }

    public static final class Tasks {
        /** The executor's queue; its workers are the threads of the test. */
        private final Queue<Runnable> turns = new ConcurrentLinkedQueue<>();

        private final AtomicReference<String> violation = new AtomicReference<>();
        private final Strand strand = new Strand(turns::add, error -> violation.set("a task threw " + error));
        private final AtomicInteger inside = new AtomicInteger();
        private final AtomicInteger posted = new AtomicInteger();
        private final AtomicInteger run = new AtomicInteger();

        @Operation
        public void postTwo() {
            AtomicInteger done = new AtomicInteger();
            strand.execute(() -> task(done, 1));
            strand.execute(() -> task(done, 2));
            posted.addAndGet(2);
        }

        private void task(AtomicInteger done, int number) {
            if (inside.incrementAndGet() != 1) {
                violation.set("two tasks at a time");
            }
            if (done.incrementAndGet() != number) {
                violation.set("task " + number + " of a thread is not its next one");
            }
            run.incrementAndGet();
            inside.decrementAndGet();
        }

        /** A worker takes a turn. */
        @Operation
        public void work() {
            Runnable turn = turns.poll();
            if (turn != null) {
                turn.run();
            }
        }

        @Validate
        public void nothingIsLost() {
            for (Runnable turn = turns.poll(); turn != null; turn = turns.poll()) {
                turn.run();
            }
            if (violation.get() != null || run.get() != posted.get()) {
                throw new IllegalStateException(violation + ", " + run + " of " + posted + " tasks ran");
            }
        }
    }
}
