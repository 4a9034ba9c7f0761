package io.resilver.engine;

import static io.resilver.engine.Facts.level;
import static io.resilver.engine.Facts.lineage;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** R8: the sentence is made from the reason and has the numbers that people need. */
class ExplanationTest {
    @Test
    void everySentenceNamesItsNumbers() {
        Facts diverged = level().sourceLineage(lineage(1, 1, 2, 81)).replicaLineage(lineage(1, 1));
        assertThat(text(level())).contains("LSN 100", "nothing is to be sent").doesNotContain("lineage");
        assertThat(text(level().lineageUnknown())).contains("contents must be compared");
        assertThat(text(level().committed(60))).contains("above the committed LSN 60");
        assertThat(text(level().flushed(70))).contains("LSN 70", "up to the committed LSN 100");
        assertThat(text(level().lineageUnknown().committed(60))).contains("cut back to the committed LSN");
        assertThat(text(diverged)).contains("up to LSN 80 only", "from LSN 100", "after LSN 80 is replayed");
        assertThat(text(diverged.floor(90))).contains("below LSN 90", "checkpoint at LSN 50 is below LSN 80");
        assertThat(text(diverged.floor(90).checkpoint(85, true))).contains("from the checkpoint at LSN 85");
        assertThat(text(level().flushed(10))).contains("begins after LSN 30", "ends at LSN 10");
        assertThat(text(level().unusable().checkpoint(0, false))).contains("at least LSN 100", "has no checkpoint");
        assertThat(text(level().unusable().checkpoint(50, false))).contains("at LSN 50 is not trusted");
        assertThat(text(level().unusable().checkpoint(20, true))).contains("after the checkpoint at LSN 20 is gone");
        assertThat(text(level().unusable().committed(40))).contains("at LSN 50 holds more than is committed");
        assertThat(text(level().committedUnknown())).contains("does not know what is committed");
        assertThat(text(diverged.ownCommitted(90))).contains("LSN 90", "up to LSN 80 only");
    }

    private static String text(Facts facts) {
        return Explanation.of(facts.decision(), facts.history(), facts.replica());
    }
}
