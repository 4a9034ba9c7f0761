package io.resilver.execution;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.spi.model.VolumeId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The bytes that all recoveries of a host share. */
class ByteBudgetTest {
    private static final VolumeId V = new VolumeId("v");
    private static final VolumeId W = new VolumeId("w");

    private final ByteBudget budget = new ByteBudget(100);
    private final List<String> granted = new ArrayList<>();

    @Test
    @DisplayName("R51: bytes under way are bounded over all recoveries; who waits has them when they come back")
    void bounded() {
        assertThat(take(V, 60, "1")).isEmpty();
        assertThat(take(V, 60, "2")).isPresent();
        assertThat(granted).isEmpty();
        budget.give(60);
        assertThat(granted).containsExactly("2");
        assertThat(budget.underWay()).as("taken by who waited").isEqualTo(60);
    }

    @Test
    @DisplayName("R51: only those are woken for whom there is enough, in their order, and nobody comes before them")
    void inOrder() {
        assertThat(take(V, 100, "all")).isEmpty();
        for (String each : List.of("1", "2", "3", "4")) {
            assertThat(take(V, 40, each)).isPresent();
        }
        budget.give(80);
        assertThat(granted).containsExactly("1", "2");
        assertThat(take(V, 10, "small, and later")).isPresent();
        assertThat(budget.takeNow(10)).isFalse();
        budget.give(40);
        assertThat(granted).containsExactly("1", "2", "3");
    }

    @Test
    @DisplayName("R51: volumes take turns: one that waits with many streams does not go before each other")
    void volumesTakeTurns() {
        assertThat(take(V, 100, "all")).isEmpty();
        for (String each : List.of("v1", "v2", "v3")) {
            take(V, 20, each);
        }
        take(W, 20, "w1");
        take(W, 20, "w2");
        for (int i = 0; i < 5; i++) {
            budget.give(20);
        }
        assertThat(granted).containsExactly("v1", "w1", "v2", "w2", "v3");
    }

    @Test
    @DisplayName("R51: what is larger than the whole budget goes when nothing else is under way")
    void largerThanAll() {
        assertThat(take(V, 500, "large")).isEmpty();
        assertThat(take(V, 1, "after")).isPresent();
        budget.give(500);
        assertThat(granted).containsExactly("after");
        take(V, 500, "large again");
        budget.give(1);
        assertThat(granted).containsExactly("after", "large again");
    }

    @Test
    @DisplayName("R12: who waits no more has nothing, and lets those behind it go; who has been granted says so")
    void forgotten() {
        assertThat(take(V, 70, "some")).isEmpty();
        Optional<ByteBudget.Wait> large = take(V, 50, "large");
        Optional<ByteBudget.Wait> small = take(W, 30, "small");
        assertThat(granted).isEmpty();
        assertThat(large.orElseThrow().forget()).isTrue();
        assertThat(granted).containsExactly("small");
        assertThat(large.orElseThrow().forget()).isFalse();
        assertThat(small.orElseThrow().forget())
                .as("its bytes are on their way to it")
                .isFalse();
        assertThat(budget.underWay()).isEqualTo(100);
    }

    @Test
    @DisplayName("R51: what is taken anyway is owed by those who come after")
    void anyway() {
        budget.takeAnyway(130);
        assertThat(take(V, 10, "1")).isPresent();
        budget.give(30);
        assertThat(granted).isEmpty();
        budget.give(10);
        assertThat(granted).containsExactly("1");
    }

    private Optional<ByteBudget.Wait> take(VolumeId volume, long bytes, String name) {
        return budget.take(volume, bytes, () -> granted.add(name));
    }
}
