package io.resilver.coordination;

import io.resilver.threads.Orders;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SharedReadThreadsTest {
    @Test
    @DisplayName(
            "R21: one reading at a time, each answer of one that began after the question, and nobody waits for ever")
    void oneAtATime() {
        Orders.check(Asked.class);
    }

    public static final class Asked {
        /** Readings that the store has not answered yet. */
        private final Queue<Reading> underWay = new ConcurrentLinkedQueue<>();

        private final Queue<CompletionStage<Integer>> answers = new ConcurrentLinkedQueue<>();
        private final AtomicInteger begun = new AtomicInteger();
        private final AtomicInteger open = new AtomicInteger();
        private final AtomicReference<String> violation = new AtomicReference<>();
        private final SharedRead<Integer> shared = new SharedRead<>(this::read);

        private record Reading(int number, CompletableFuture<Integer> end) {}

        /** The third cannot begin. */
        private CompletionStage<Integer> read() {
            if (open.incrementAndGet() != 1) {
                violation.set("two readings at a time");
            }
            Reading reading = new Reading(begun.incrementAndGet(), new CompletableFuture<>());
            if (reading.number == 3) {
                open.decrementAndGet();
                throw new IllegalStateException("closed");
            }
            underWay.add(reading);
            return reading.end;
        }

        @Operation
        public void ask() {
            int before = begun.get();
            CompletionStage<Integer> answer = shared.ask();
            answers.add(answer);
            answer.thenAccept(number -> {
                if (number <= before) {
                    violation.set("answered with reading " + number + ", asked when " + before + " had begun");
                }
            });
        }

        /** The store's answer comes, on a thread of its own. */
        @Operation
        public void answer() {
            Reading reading = underWay.poll();
            if (reading != null) {
                open.decrementAndGet();
                reading.end.complete(reading.number);
            }
        }

        @Validate
        public void everyoneIsAnswered() {
            while (!underWay.isEmpty()) {
                answer();
            }
            List<CompletionStage<Integer>> waiting = new ArrayList<>(answers);
            waiting.removeIf(each -> each.toCompletableFuture().isDone());
            if (violation.get() != null || !waiting.isEmpty()) {
                throw new IllegalStateException(violation + ", " + waiting.size() + " of " + answers.size() + " wait");
            }
        }
    }
}
