package io.resilver.host;

import io.resilver.runtime.HostRuntime;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Calls that may block, made on the I/O executor. */
final class Io {
    private Io() {}

    static <T> CompletionStage<T> call(HostRuntime runtime, Callable<T> call) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        runtime.io().execute(() -> {
            try {
                answer.complete(call.call());
            } catch (Throwable t) { // whoever waits hears of it, whatever it is
                answer.completeExceptionally(t);
            }
        });
        return answer;
    }
}
