package io.resilver.coordination.curator;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * A read that is sent together with a sync, for one round trip instead of two: a server answers a session in order, and reads
 * for it what is in force once the sync is done. The client sends each of them again by itself when the connection is lost or
 * comes up in between, so that the read may go first; then it is answered first, and is sent once more.
 */
final class ReadAfterSync {
    private ReadAfterSync() {}

    /**
     * The answer of a read that the sync came before.
     *
     * @param synced completes when the sync is done, in the thread in which answers come
     * @param read sends the read
     */
    static <E> CompletionStage<E> of(CompletableFuture<E> synced, Supplier<CompletableFuture<E>> read) {
        CompletableFuture<E> together = read.get();
        return synced.thenCompose(done -> together.isDone() ? read.get() : together);
    }
}
