package io.resilver.plugin.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Everything is closed, whatever happens on the way. */
class ClosingStackTest {
    @Test
    @DisplayName("R21: nothing that is closed sees the interrupt of the closing thread, which has it again at the end")
    void theInterruptWaits() throws Exception {
        ClosingStack stack = new ClosingStack();
        List<String> seen = new ArrayList<>();
        stack.push("last", () -> seen.add("last " + Thread.currentThread().isInterrupted()));
        stack.push("first", () -> {
            seen.add("first " + Thread.currentThread().isInterrupted());
            Thread.currentThread().interrupt();
        });
        Thread.currentThread().interrupt();
        stack.close();
        assertThat(Thread.interrupted()).as("the interrupt").isTrue();
        assertThat(seen).containsExactly("first false", "last false");
    }
}
