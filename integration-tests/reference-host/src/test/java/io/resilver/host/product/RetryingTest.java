package io.resilver.host.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What passes by itself is asked again; what does not is told at once. */
class RetryingTest {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private final RetriableException notNow = new RetriableException("no lease now", Duration.ZERO);

    private final Deque<RecoveryException> failures = new ArrayDeque<>();

    private String ask() throws RecoveryException {
        if (failures.isEmpty()) {
            return "open";
        }
        throw failures.remove();
    }

    @Test
    @DisplayName("R38: a host that has no lease at the moment it opens its store asks again, and serves")
    void asksAgain() throws Exception {
        failures.addAll(List.of(notNow, notNow));
        assertThat(Retrying.until(this::ask, PATIENCE)).isEqualTo("open");
    }

    @Test
    @DisplayName("R38: what no waiting helps is told at once, and so is what has not passed when patience ends")
    void tellsWhatDoesNotPass() {
        PermanentException never = new PermanentException("another disk");
        failures.addAll(List.of(notNow, never, notNow));
        assertThatThrownBy(() -> Retrying.until(this::ask, PATIENCE)).isSameAs(never);
        assertThatThrownBy(() -> Retrying.until(this::ask, Duration.ZERO)).isSameAs(notNow);
        assertThat(failures).isEmpty();
    }

    @Test
    @DisplayName("R38: a thread that is interrupted asks no more, and stays interrupted")
    void endsWhenInterrupted() {
        failures.addAll(List.of(notNow, notNow));
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> Retrying.until(this::ask, PATIENCE)).isSameAs(notNow);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(failures).hasSize(1);
    }
}
