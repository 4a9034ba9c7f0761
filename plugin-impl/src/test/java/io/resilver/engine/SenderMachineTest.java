package io.resilver.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.engine.KnownEpochs.Verdict;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import io.resilver.spi.model.VolumeId;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SenderMachineTest {
    private static final ReplicaId REPLICA = new ReplicaId(new VolumeId("v"), "b");
    private static final Incarnation INCARNATION = new Incarnation("i1");
    private static final Optional<Endpoint> HERE = Optional.of(new Endpoint("h", 1));

    private final AtomicLong sessions = new AtomicLong();
    private final SenderMachine sender = new SenderMachine(REPLICA, INCARNATION, HERE, sessions::incrementAndGet);

    /** R1: at most one active session. */
    @Test
    void aSecondSessionIsRefusedWhileOneIsActive() {
        sender.raise(epoch(1, "a"));
        sender.open();
        assertThatThrownBy(sender::open)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("CONNECTING");
    }

    /** R5: session numbers rise and never come twice, also over epochs. */
    @Test
    void sessionNumbersRise() {
        sender.raise(epoch(1, "a"));
        assertThat(sender.open()).contains(new Token(INCARNATION, epoch(1, "a"), 1));
        sender.become(SenderState.BACKING_OFF, "cut");
        assertThat(sender.open()).contains(new Token(INCARNATION, epoch(1, "a"), 2));
        sender.raise(epoch(2, "b"));
        assertThat(sender.open()).contains(new Token(INCARNATION, epoch(2, "b"), 3));
    }

    /** R3: without an epoch in force there is no session. */
    @Test
    void noSessionWithoutAnEpoch() {
        assertThat(sender.open()).isEmpty();
        assertThat(sender.state()).isEqualTo(SenderState.IDLE);
        sender.raise(epoch(1, "a"));
        sender.invalidate(1);
        assertThat(sender.open()).isEmpty();
    }

    /** R3: a raised epoch is kept; an older one never attaches again, and an invalidated one neither. */
    @Test
    void anOldOrInvalidatedEpochNeverAttachesAgain() {
        assertThat(sender.raise(epoch(5, "a"))).isEqualTo(Verdict.NEWER);
        sender.open();
        assertThat(sender.raise(epoch(5, "a"))).isEqualTo(Verdict.CURRENT);
        assertThat(sender.raise(epoch(4, "x"))).isEqualTo(Verdict.STALE);
        assertThat(sender.session()).isPresent();

        assertThat(sender.invalidate(5)).isTrue();

        assertThat(sender.state()).isEqualTo(SenderState.IDLE);
        assertThat(sender.why()).contains("invalidated");
        assertThat(sender.session()).isEmpty();
        assertThat(sender.epochs().highest()).contains(epoch(5, "a"));
        assertThat(sender.raise(epoch(5, "a"))).isEqualTo(Verdict.STALE);
        assertThat(sender.raise(epoch(6, "b"))).isEqualTo(Verdict.NEWER);
        assertThat(sender.open()).isPresent();
    }

    /** R3: invalidating an epoch shuts out higher ones that were not seen yet, and a lower number changes nothing. */
    @Test
    void invalidationHoldsForEpochsNotSeenYet() {
        sender.raise(epoch(5, "a"));
        sender.open();
        assertThat(sender.invalidate(4)).isFalse();
        assertThat(sender.session()).isPresent();
        assertThat(sender.invalidate(7)).isTrue();
        assertThat(sender.raise(epoch(7, "b"))).isEqualTo(Verdict.STALE);
        assertThat(sender.raise(epoch(8, "c"))).isEqualTo(Verdict.NEWER);
        sender.invalidate(3);
        assertThat(sender.epochs().invalidatedUpTo()).isEqualTo(7);
    }

    /** R3, R42: the same number with another mint id is a conflict, also after it was invalidated. */
    @Test
    void theSameEpochOfAnotherMintIsAConflict() {
        sender.raise(epoch(5, "a"));
        Optional<Token> session = sender.open();
        assertThat(sender.raise(epoch(5, "b"))).isEqualTo(Verdict.CONFLICT);
        assertThat(sender.session()).isEqualTo(session);
        sender.invalidate(5);
        assertThat(sender.raise(epoch(5, "b"))).isEqualTo(Verdict.CONFLICT);
    }

    /** R4: a new endpoint ends the session and keeps the sender; the same endpoint changes nothing. */
    @Test
    void endpointChangeEndsTheSessionAndKeepsTheSender() {
        sender.raise(epoch(1, "a"));
        Token old = sender.open().orElseThrow();
        assertThat(sender.moved(Optional.of(new Endpoint("h", 1)))).isFalse();
        assertThat(sender.accepts(old)).isTrue();

        assertThat(sender.moved(Optional.of(new Endpoint("h", 2)))).isTrue();

        assertThat(sender.replica()).isEqualTo(REPLICA);
        assertThat(sender.endpoint()).contains(new Endpoint("h", 2));
        assertThat(sender.state()).isEqualTo(SenderState.IDLE);
        assertThat(sender.why()).contains("h:2");
        assertThat(sender.accepts(old)).isFalse();
        assertThat(sender.epochs().current()).contains(epoch(1, "a"));
        assertThat(sender.open().orElseThrow().session()).isEqualTo(2);
    }

    /** R2: an answer that is late or of somebody else is ignored. */
    @Test
    void onlyTheActiveSessionsTokenIsAccepted() {
        sender.raise(epoch(1, "a"));
        Token first = sender.open().orElseThrow();
        sender.become(SenderState.IDLE, "cancelled");
        Token second = sender.open().orElseThrow();
        assertThat(sender.accepts(first)).isFalse();
        assertThat(sender.accepts(second)).isTrue();
        assertThat(sender.accepts(new Token(INCARNATION, epoch(1, "b"), second.session())))
                .isFalse();
        assertThat(sender.accepts(new Token(new Incarnation("i2"), epoch(1, "a"), second.session())))
                .isFalse();
    }

    /** R13: after a failure or cancel there is no session, and the state says why. */
    @Test
    void everyStateWithoutSessionHasNone() {
        sender.raise(epoch(1, "a"));
        for (SenderState end : SenderState.values()) {
            if (SenderState.CONNECTING.mayBecome(end) && !end.hasSession()) {
                SenderMachine each = new SenderMachine(REPLICA, INCARNATION, HERE, sessions::incrementAndGet);
                each.raise(epoch(1, "a"));
                each.open();
                each.become(end, "because of " + end);
                assertThat(each.session()).as(end.name()).isEmpty();
                assertThat(each.why()).isEqualTo("because of " + end);
            }
        }
    }

    /** R1: a transition that is not in the chart is refused and changes nothing. */
    @Test
    void anIllegalTransitionIsRefused() {
        sender.raise(epoch(1, "a"));
        assertThatThrownBy(() -> sender.become(SenderState.CONNECTING, "no")).isInstanceOf(IllegalStateException.class);
        sender.open();
        assertThatThrownBy(() -> sender.become(SenderState.IN_SYNC, "no")).isInstanceOf(IllegalStateException.class);
        assertThat(sender.state()).isEqualTo(SenderState.CONNECTING);
    }

    /** R6: a closed sender stays closed. */
    @Test
    void closedIsTheEnd() {
        sender.raise(epoch(1, "a"));
        sender.become(SenderState.CLOSED, "removed");
        sender.raise(epoch(2, "b"));
        sender.moved(Optional.empty());
        assertThat(sender.state()).isEqualTo(SenderState.CLOSED);
        assertThat(sender.why()).isEqualTo("removed");
        assertThatThrownBy(sender::open).isInstanceOf(IllegalStateException.class);
    }

    private static Epoch epoch(long number, String mint) {
        return new Epoch(number, new MintId(mint));
    }
}
