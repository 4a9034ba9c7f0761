package io.resilver.plugin.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What becomes of a question whose caller waits no more. */
class AnswersTest {
    private final Answers answers = new Answers();

    @Test
    @DisplayName("R21: who gives up an answer that keeps a place gives the place up, and nobody else's")
    void whoGivesUpLeavesThePlace() {
        CompletableFuture<String> place = new CompletableFuture<>();
        CompletableFuture<String> other = new CompletableFuture<>();
        answers.toWaiting(() -> place).toCompletableFuture().cancel(false);
        CompletableFuture<String> answer = answers.toWaiting(() -> other).toCompletableFuture();
        assertThat(place).isCancelled();
        assertThat(other).isNotDone();
        other.complete("led");
        assertThat(answer).isCompletedWithValue("led");
    }

    @Test
    @DisplayName("R12: work that was asked for goes on when who asked for it waits no more")
    void workGoesOn() {
        CompletableFuture<String> work = new CompletableFuture<>();
        answers.to(() -> work).toCompletableFuture().cancel(false);
        assertThat(work).isNotDone();
    }
}
