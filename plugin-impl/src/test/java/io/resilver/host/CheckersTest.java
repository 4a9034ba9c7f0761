package io.resilver.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.Token;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The checkers of the simulated hosts: what each must object to, and what it must let pass. */
class CheckersTest {
    private static final EntryId FIRST = new EntryId(3, 1);
    private static final EntryId SECOND = new EntryId(7, 1);
    private static final EntryId OF_THE_NEXT = new EntryId(9, 2);

    private final WriterCheck writers = new WriterCheck();
    private final AcknowledgementCheck acknowledgements = new AcknowledgementCheck();

    private static Token token(long epoch, String mint, long session) {
        return new Token(new Incarnation("inc"), new Epoch(epoch, new MintId(mint)), session);
    }

    @Test
    @DisplayName("R2: a store may accept the same and higher tokens, each store by itself")
    void risingTokensPass() {
        assertThat(writers.accepted("a", token(2, "x", 1))).isEmpty();
        assertThat(writers.accepted("a", token(2, "x", 1))).isEmpty();
        assertThat(writers.accepted("a", token(2, "x", 4))).isEmpty();
        assertThat(writers.accepted("a", token(3, "y", 0))).isEmpty();
        assertThat(writers.accepted("b", token(2, "x", 2)))
                .as("another store may be behind")
                .isEmpty();
    }

    @Test
    @DisplayName("R2: a store that accepts a lower epoch, or a lower session of one epoch, is objected to")
    void aLowerToken() {
        assertThat(writers.accepted("a", token(3, "y", 2))).isEmpty();
        assertThat(writers.accepted("a", token(3, "y", 1)).orElseThrow()).contains("after");
        assertThat(writers.accepted("a", token(2, "x", 9)).orElseThrow()).contains("after");
    }

    @Test
    @DisplayName("R3: one number with two mint ids is objected to, at whatever stores")
    void twoMints() {
        assertThat(writers.accepted("a", token(3, "y", 1))).isEmpty();
        assertThat(writers.accepted("b", token(3, "z", 1)).orElseThrow()).contains("two writers in one epoch");
    }

    @Test
    @DisplayName("R2: one LSN acknowledged in two epochs is objected to; the same entry twice is not")
    void oneLsnTwice() {
        assertThat(writers.acknowledged(FIRST)).isEmpty();
        assertThat(writers.acknowledged(FIRST)).isEmpty();
        assertThat(writers.acknowledged(new EntryId(FIRST.lsn(), 2)).orElseThrow())
                .contains("in epoch 1 and in epoch 2");
    }

    @Test
    @DisplayName("R30: a later primary that has all that was acknowledged may acknowledge more")
    void nothingIsLost() {
        assertThat(acknowledgements.acknowledged(1, FIRST, () -> List.of(FIRST)))
                .isEmpty();
        assertThat(acknowledgements.acknowledged(2, OF_THE_NEXT, () -> List.of(FIRST, OF_THE_NEXT)))
                .isEmpty();
        assertThat(acknowledgements.size()).isEqualTo(2);
    }

    @Test
    @DisplayName("R30, R32: a later primary that acknowledges something without an acknowledged entry is objected to")
    void anEntryIsLost() {
        assertThat(acknowledgements.acknowledged(1, FIRST, () -> List.of(FIRST)))
                .isEmpty();
        assertThat(acknowledgements
                        .acknowledged(2, OF_THE_NEXT, () -> List.of(OF_THE_NEXT))
                        .orElseThrow())
                .contains("is lost");
    }

    @Test
    @DisplayName("R31: what an older primary acknowledges late must be in the log of the newer one")
    void lateAcknowledgement() {
        assertThat(acknowledgements.acknowledged(2, OF_THE_NEXT, () -> List.of(FIRST, OF_THE_NEXT)))
                .isEmpty();
        assertThat(acknowledgements.acknowledged(1, FIRST, () -> List.of(FIRST)))
                .isEmpty();
        assertThat(acknowledgements
                        .acknowledged(1, SECOND, () -> List.of(FIRST, SECOND))
                        .orElseThrow())
                .contains("went on without it");
    }

    @Test
    @DisplayName("R30: a primary that acknowledges what its own log lacks is objected to")
    void notItsOwn() {
        assertThat(acknowledgements.acknowledged(1, FIRST, List::of).orElseThrow())
                .contains("whose primary lacks it");
    }

    @Test
    @DisplayName("R37: a read that does not show all that was acknowledged before it is objected to")
    void aStaleRead() {
        assertThat(acknowledgements.acknowledged(1, SECOND, () -> List.of(FIRST, SECOND)))
                .isEmpty();
        assertThat(acknowledgements.read(1, OptionalLong.of(SECOND.lsn()))).isEmpty();
        assertThat(acknowledgements.read(1, OptionalLong.of(FIRST.lsn())).orElseThrow())
                .contains("stale");
        assertThat(acknowledgements.read(1, OptionalLong.empty()).orElseThrow()).contains("stale");
    }
}
