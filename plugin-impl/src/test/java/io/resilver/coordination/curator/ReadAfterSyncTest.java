package io.resilver.coordination.curator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A sync and a read are sent together; the client may send them again, each by itself, when the connection is lost. */
class ReadAfterSyncTest {
    private final CompletableFuture<String> synced = new CompletableFuture<>();
    private final List<CompletableFuture<String>> reads = new ArrayList<>();

    private CompletableFuture<String> read() {
        reads.add(new CompletableFuture<>());
        return reads.get(reads.size() - 1);
    }

    private CompletableFuture<String> found() {
        return ReadAfterSync.of(synced, this::read).toCompletableFuture();
    }

    @Test
    @DisplayName("R35: a read that is answered after the sync was sent after it")
    void inOrder() {
        CompletableFuture<String> found = found();
        assertThat(reads).as("sent at once").hasSize(1);
        synced.complete("synced");
        assertThat(found).isNotDone();
        reads.get(0).complete("fresh");
        assertThat(found).isCompletedWithValue("fresh");
        assertThat(reads).hasSize(1);
    }

    @Test
    @DisplayName("R35: a read that is answered before the sync may have overtaken it, and is sent again")
    void overtaken() {
        CompletableFuture<String> found = found();
        reads.get(0).complete("stale");
        assertThat(found).isNotDone();
        synced.complete("synced");
        assertThat(found).isNotDone();
        assertThat(reads).hasSize(2);
        reads.get(1).complete("fresh");
        assertThat(found).isCompletedWithValue("fresh");
    }

    @Test
    @DisplayName("R35: without its sync a read says nothing")
    void notSynced() {
        CompletableFuture<String> found = found();
        reads.get(0).complete("stale");
        synced.completeExceptionally(new IllegalStateException("no answer"));
        assertThat(found).isCompletedExceptionally();
    }
}
