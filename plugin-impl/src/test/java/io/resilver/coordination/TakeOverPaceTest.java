package io.resilver.coordination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** R39, R40: a dead host's volumes are taken a few at a time. */
class TakeOverPaceTest {
    private final TakeOverPace pace = new TakeOverPace(3);
    private final List<Integer> begun = new ArrayList<>();
    private final ArrayDeque<TakeOverPace.Turn> turns = new ArrayDeque<>();

    private void enter(int who) {
        pace.enter(Runnable::run, turn -> {
            begun.add(who);
            turns.add(turn);
        });
    }

    private void leave() {
        turns.remove().leave();
    }

    @Test
    @DisplayName("R40: never more than the turns are at work, and who waits has the next one, first come, first served")
    void firstComeFirstServed() {
        IntStream.range(0, 10).forEach(this::enter);
        assertThat(begun).containsExactly(0, 1, 2);
        leave();
        assertThat(begun).containsExactly(0, 1, 2, 3);
        IntStream.range(0, 9).forEach(each -> leave());
        assertThat(begun).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        assertThat(pace.load()).isZero();
    }

    @Test
    @DisplayName("R40: a turn that was given back is there for who comes later")
    void turnsComeBack() {
        for (int round = 0; round < 5; round++) {
            enter(0);
            leave();
        }
        assertThat(begun).hasSize(5);
        assertThat(pace.load()).isZero();
    }

    @Test
    @DisplayName("R40: a task that throws gives its turn back, once, whoever gives it back as well")
    void aTaskThatThrowsLeaves() {
        assertThatThrownBy(() -> pace.enter(Runnable::run, turn -> {
                    turns.add(turn);
                    throw new IllegalStateException("a bug");
                }))
                .hasMessage("a bug");
        assertThat(pace.load()).isZero();
        leave();
        assertThat(pace.load()).isZero();
        IntStream.range(0, 4).forEach(this::enter);
        assertThat(begun).as("no more than the turns").containsExactly(0, 1, 2);
    }

    @Test
    @DisplayName("A pace without turns is refused: nobody would ever take over")
    void noTurns() {
        assertThatThrownBy(() -> new TakeOverPace(0)).isInstanceOf(IllegalArgumentException.class);
    }
}
