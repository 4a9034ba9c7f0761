package io.resilver.coordination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** R39, R40: a dead host's volumes are taken a few at a time. */
class TakeOverPaceTest {
    private final TakeOverPace pace = new TakeOverPace(3);
    private final List<Integer> begun = new ArrayList<>();

    @Test
    @DisplayName("R40: never more than the turns are at work, and who waits has the next one, first come, first served")
    void firstComeFirstServed() {
        IntStream.range(0, 10).forEach(each -> pace.enter(() -> begun.add(each)));
        assertThat(begun).containsExactly(0, 1, 2);
        pace.leave();
        assertThat(begun).containsExactly(0, 1, 2, 3);
        IntStream.range(0, 9).forEach(each -> pace.leave());
        assertThat(begun).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        assertThat(pace.load()).isZero();
    }

    @Test
    @DisplayName("R40: a turn that was given back is there for who comes later")
    void turnsComeBack() {
        for (int round = 0; round < 5; round++) {
            pace.enter(() -> begun.add(0));
            pace.leave();
        }
        assertThat(begun).hasSize(5);
        assertThat(pace.load()).isZero();
    }

    @Test
    @DisplayName("A pace without turns is refused: nobody would ever take over")
    void noTurns() {
        assertThatThrownBy(() -> new TakeOverPace(0)).isInstanceOf(IllegalArgumentException.class);
    }
}
