package io.resilver.coordination;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * One reading at a time for however many ask: who asks while one is under way gets the next, so that each answer is of a reading
 * that began after it was asked for. A reading that fails or throws fails the answers of those who asked for it, and of nobody
 * else. Thread safe; nothing blocks.
 */
final class SharedRead<T> {
    private final Supplier<CompletionStage<T>> reading;
    private CompletableFuture<T> next = new CompletableFuture<>();
    private boolean underWay;
    private boolean wanted;

    SharedRead(Supplier<CompletionStage<T>> reading) {
        this.reading = reading;
    }

    CompletionStage<T> ask() {
        CompletableFuture<T> answer;
        synchronized (this) {
            answer = next;
            if (underWay) {
                wanted = true;
                return answer;
            }
            underWay = true;
            next = new CompletableFuture<>();
        }
        begin(answer);
        return answer;
    }

    private void begin(CompletableFuture<T> answer) {
        begun().whenComplete((value, failure) -> {
            goOn();
            if (failure == null) {
                answer.complete(value);
            } else {
                answer.completeExceptionally(failure);
            }
        });
    }

    /** A reading that cannot even begin has failed like any other: or all who ask later would wait for its end. */
    private CompletionStage<T> begun() {
        try {
            return reading.get();
        } catch (RuntimeException | Error e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void goOn() {
        CompletableFuture<T> following;
        synchronized (this) {
            underWay = wanted;
            if (!wanted) {
                return;
            }
            wanted = false;
            following = next;
            next = new CompletableFuture<>();
        }
        begin(following);
    }
}
