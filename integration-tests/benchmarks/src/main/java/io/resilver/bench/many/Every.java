package io.resilver.bench.many;

import io.resilver.host.cli.demo.DemoException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** Asks the same of very many, and waits for all. */
final class Every {
    /** Setting up ten thousand volumes takes a minute or two. */
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private Every() {}

    /**
     * Asks all of them.
     *
     * @param things of whom
     * @param atOnce how many may be unanswered at a time
     * @param question what
     * @return the answers, in the order of the things
     * @throws DemoException when one failed, or an answer did not come
     */
    static <T, R> List<R> of(List<T> things, int atOnce, Function<T, CompletionStage<R>> question)
            throws DemoException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        Semaphore places = new Semaphore(atOnce);
        List<CompletableFuture<R>> asked = new ArrayList<>(things.size());
        List<R> answers = new ArrayList<>(things.size());
        try {
            for (T each : things) {
                if (!places.tryAcquire(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    throw new TimeoutException(asked.size() + " of " + things.size() + " were asked");
                }
                asked.add(question.apply(each)
                        .whenComplete((answer, failure) -> places.release())
                        .toCompletableFuture());
            }
            for (CompletableFuture<R> each : asked) {
                answers.add(each.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS));
            }
            return answers;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DemoException("interrupted", e);
        } catch (ExecutionException e) {
            throw new DemoException("one of " + things.size() + " failed: " + e.getCause(), e);
        } catch (TimeoutException e) {
            throw new DemoException("not within " + PATIENCE + ": " + e.getMessage(), e);
        }
    }
}
