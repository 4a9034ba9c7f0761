package io.resilver.host;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;

/** A stage that the host sees carries a {@link RecoveryException}, whatever it went through on its way. */
public final class Failures {
    private Failures() {}

    public static RecoveryException typed(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof RecoveryException known
                ? known
                : new PermanentException("unexpected " + cause + ": this is a bug in the driver or an adapter", cause);
    }

    public static <T> CompletionStage<T> typed(CompletionStage<T> stage) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        stage.whenComplete((value, failure) -> {
            if (failure == null) {
                answer.complete(value);
            } else {
                answer.completeExceptionally(typed(failure));
            }
        });
        return answer;
    }
}
