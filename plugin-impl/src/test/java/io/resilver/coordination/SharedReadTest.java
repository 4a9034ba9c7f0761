package io.resilver.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SharedReadTest {
    private final List<CompletableFuture<String>> readings = new ArrayList<>();
    private final SharedRead<String> shared = new SharedRead<>(() -> {
        CompletableFuture<String> begun = new CompletableFuture<>();
        readings.add(begun);
        return begun;
    });

    private static String now(CompletionStage<String> answer) {
        return answer.toCompletableFuture().getNow("none yet");
    }

    @Test
    @DisplayName(
            "R21: however many ask, one reading is under way, and each answer is of one that began after the question")
    void oneAtATime() {
        CompletionStage<String> first = shared.ask();
        CompletionStage<String> second = shared.ask();
        CompletionStage<String> third = shared.ask();
        assertThat(readings).hasSize(1);
        readings.get(0).complete("one");
        assertThat(now(first)).isEqualTo("one");
        assertThat(readings).hasSize(2);
        assertThat(now(second)).isEqualTo("none yet");
        readings.get(1).complete("two");
        assertThat(now(second)).isEqualTo("two");
        assertThat(now(third)).isEqualTo("two");
        assertThat(readings).hasSize(2);
    }

    @Test
    @DisplayName("R21: a reading that fails fails those who asked for it, and the next question is read again")
    void aFailureIsPassedOn() {
        CompletionStage<String> first = shared.ask();
        CompletionStage<String> second = shared.ask();
        readings.get(0).completeExceptionally(new IllegalStateException("lost"));
        assertThat(first.toCompletableFuture()).isCompletedExceptionally();
        readings.get(1).complete("two");
        assertThat(now(second)).isEqualTo("two");
        CompletionStage<String> later = shared.ask();
        readings.get(2).complete("three");
        assertThat(now(later)).isEqualTo("three");
    }

    @Test
    @DisplayName(
            "R21: a reading that cannot even begin fails those who asked for it, and the next question is read again")
    void aReadingThatThrowsIsPassedOn() {
        List<CompletableFuture<String>> begun = new ArrayList<>();
        SharedRead<String> faulty = new SharedRead<>(() -> {
            CompletableFuture<String> reading = new CompletableFuture<>();
            begun.add(reading);
            if (begun.size() == 1 || begun.size() == 3) {
                throw new IllegalStateException("closed");
            }
            return reading;
        });
        assertThat(faulty.ask().toCompletableFuture()).as("the first to ask").isCompletedExceptionally();
        CompletionStage<String> underWay = faulty.ask();
        CompletionStage<String> waited = faulty.ask();
        begun.get(1).complete("two");
        assertThat(now(underWay))
                .as("whose reading ended before the one that throws")
                .isEqualTo("two");
        assertThat(waited.toCompletableFuture()).as("who waited for the next").isCompletedExceptionally();
        CompletionStage<String> later = faulty.ask();
        assertThat(begun).hasSize(4);
        begun.get(3).complete("four");
        assertThat(now(later)).isEqualTo("four");
    }
}
