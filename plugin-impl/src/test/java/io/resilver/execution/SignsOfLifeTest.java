package io.resilver.execution;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SignsOfLifeTest {
    private final SignsOfLife life = new SignsOfLife();

    @Test
    @DisplayName("R37: of answers that come in another order, the one to the latest question counts")
    void anOlderAnswerComesLater() {
        life.answered(20, 25);
        life.answered(10, 30);
        assertThat(life.last()).contains(new SignsOfLife.Sign(20, 25));
        life.answered(30, 31);
        assertThat(life.last()).contains(new SignsOfLife.Sign(30, 31));
    }

    @Test
    @DisplayName("R11, R37: an answer to a question that was not sent yet is no sign of life")
    void fromTheFuture() {
        life.answered(41, 40);
        assertThat(life.last()).isEmpty();
        life.answered(40, 40);
        assertThat(life.within(1, 40)).isTrue();
    }

    @Test
    @DisplayName("R37: it counts from its question on, also where the clock's numbers go past their end")
    void byTheClock() {
        long asked = Long.MAX_VALUE - 1;
        life.answered(asked, asked + 4);
        assertThat(life.within(10, asked + 9)).isTrue();
        assertThat(life.within(10, asked + 10)).isFalse();
        life.answered(asked + 3, asked + 12);
        assertThat(life.within(10, asked + 12)).isTrue();
    }
}
