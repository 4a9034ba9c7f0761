package io.resilver.multihost;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.host.cli.control.EventMessages;
import io.resilver.host.cli.control.Message;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import io.resilver.spi.model.VolumeId;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The checker objects to what it is there for, and to nothing else. */
class WriterHistoryTest {
    private static WriterHistory.Accepted accepted(String store, long epoch, String mint, long session) {
        return new WriterHistory.Accepted(store, epoch, mint, session);
    }

    @Test
    @DisplayName(
            "R2: sessions and epochs that rise at each store are one writer at a time, also when a host starts again")
    void acceptsWhatRises() {
        assertThat(WriterHistory.objections(List.of(
                        accepted("a", 1, "m1", 0),
                        accepted("b", 1, "m1", 1),
                        accepted("b", 1, "m1", 4),
                        accepted("b", 2, "m2", 0),
                        accepted("a", 2, "m2", 7),
                        accepted("a", 2, "m2", 7),
                        accepted("c", 2, "m2", 8))))
                .isEmpty();
        assertThat(WriterHistory.objections(List.of())).isEmpty();
    }

    @Test
    @DisplayName("R2: a lower epoch after a higher one is objected to, and a lower session of the same epoch")
    void objectsToALowerToken() {
        assertThat(WriterHistory.objections(
                        List.of(accepted("b", 1, "m1", 3), accepted("b", 2, "m2", 0), accepted("b", 1, "m1", 3))))
                .singleElement()
                .asString()
                .startsWith("a lower token after a higher one");
        assertThat(WriterHistory.objections(List.of(accepted("b", 2, "m2", 3), accepted("b", 2, "m2", 0))))
                .hasSize(1);
    }

    @Test
    @DisplayName("R3: one epoch of two terms is objected to, at whichever stores they wrote")
    void objectsToTwoTermsOfOneEpoch() {
        assertThat(WriterHistory.objections(List.of(accepted("a", 2, "m2", 0), accepted("b", 2, "other", 0))))
                .singleElement()
                .asString()
                .startsWith("two terms wrote in one epoch");
    }

    @Test
    @DisplayName("R3: an epoch that falls along a log is objected to, and an LSN that does not rise")
    void objectsToALogOfMixedTerms() {
        EntryId first = new EntryId(3, 1);
        EntryId second = new EntryId(7, 2);
        EntryId third = new EntryId(8, 2);
        assertThat(WriterHistory.objections("b", List.of(first, second, third))).isEmpty();
        assertThat(WriterHistory.objections("b", List.of(first, second, new EntryId(8, 1), new EntryId(9, 2))))
                .containsExactly("in the log of b entry 7/2 is followed by 8/1");
        assertThat(WriterHistory.objections("b", List.of(second, second))).hasSize(1);
    }

    @Test
    @DisplayName("R2: what a host tells of an accepted token is what the checker reads")
    void readsWhatAHostTells() throws Exception {
        Token token = new Token(new Incarnation("i"), new Epoch(7, new MintId("m7")), 3);
        Message told = EventMessages.of(new RecoveryEvent.TokenAccepted(new ReplicaId(new VolumeId("v"), "b"), token));
        assertThat(WriterHistory.Accepted.of(Message.parse(told.toString()))).isEqualTo(accepted("b", 7, "m7", 3));
    }
}
