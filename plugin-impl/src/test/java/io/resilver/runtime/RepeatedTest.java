package io.resilver.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.replica.ManualRuntime;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RepeatedTest {
    private static final Duration EVERY = Duration.ofSeconds(1);

    private final ManualRuntime runtime = new ManualRuntime();
    private int times;

    private void pass(int rounds) {
        for (int i = 0; i < rounds; i++) {
            runtime.advance(EVERY);
            runtime.runAll();
        }
    }

    @Test
    @DisplayName("R43: files are looked at again, and stores looked after, also after a time that threw")
    void goesOnAfterAnAccident() {
        Repeated repeated = new Repeated(runtime, runtime.workers(), EVERY, "a test", () -> {
            times++;
            if (times == 2) {
                throw new IllegalStateException("an accident");
            }
            if (times == 3) {
                throw new NoClassDefFoundError("another one");
            }
        });
        repeated.start();
        assertThat(times).isZero();
        pass(5);
        assertThat(times).isEqualTo(5);
        repeated.stop();
        pass(2);
        assertThat(times).isEqualTo(5);
    }
}
