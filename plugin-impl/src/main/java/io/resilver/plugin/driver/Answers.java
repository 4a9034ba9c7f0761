package io.resilver.plugin.driver;

import io.resilver.host.Failures;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a driver's callers wait for. After the end none of them waits: whatever has no answer by then gets one. Thread safe;
 * nothing blocks.
 */
final class Answers {
    private final Map<Long, CompletableFuture<?>> pending = new ConcurrentHashMap<>();
    private final AtomicLong questions = new AtomicLong();
    private volatile boolean closed;
    private volatile boolean ended;

    /** A question whose immediate failure becomes a failed stage. */
    @FunctionalInterface
    interface Asked<T> {
        CompletionStage<T> ask() throws RecoveryException;
    }

    /** Asks, unless the driver is closed; a failure is a {@link RecoveryException}. */
    <T> CompletionStage<T> to(Asked<T> asked) {
        return ask(asked, false);
    }

    /** The same, of what keeps a place for each who waits: whoever gives the answer up gives the place up. */
    <T> CompletionStage<T> toWaiting(Asked<T> asked) {
        return ask(asked, true);
    }

    private <T> CompletionStage<T> ask(Asked<T> asked, boolean waits) {
        if (closed) {
            return CompletableFuture.failedFuture(new PermanentException("the driver is closed"));
        }
        try {
            CompletionStage<T> stage = asked.ask();
            CompletionStage<T> answer = Failures.typed(stage);
            if (waits) { // where the stage is complete already, this is nothing
                answer.whenComplete(
                        (value, failure) -> stage.toCompletableFuture().cancel(false));
            }
            return kept(answer);
        } catch (RecoveryException | RuntimeException e) {
            return CompletableFuture.failedFuture(Failures.typed(e));
        }
    }

    private <T> CompletionStage<T> kept(CompletionStage<T> answer) {
        long number = questions.incrementAndGet();
        pending.put(number, answer.toCompletableFuture());
        answer.whenComplete((value, failure) -> pending.remove(number));
        if (ended) {
            cancel(answer.toCompletableFuture());
        }
        return answer;
    }

    /**
     * Answers no further question.
     *
     * @return whether this is the first time
     */
    synchronized boolean close() {
        boolean first = !closed;
        closed = true;
        return first;
    }

    /** Nothing that is still asked will be answered: whoever waits hears that. */
    void end() {
        ended = true;
        pending.values().forEach(Answers::cancel);
    }

    private static void cancel(CompletableFuture<?> answer) {
        answer.completeExceptionally(new CancelledException("the driver was closed before there was an answer"));
    }
}
