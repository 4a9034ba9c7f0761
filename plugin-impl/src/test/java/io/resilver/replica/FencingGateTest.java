package io.resilver.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.resilver.replica.FencingGate.Standing;
import io.resilver.spi.driver.Admission;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import io.resilver.spi.model.VolumeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** R2, R3: one gate, one token. */
class FencingGateTest {
    /** So many entries of its writers show that a gate is contended for. */
    private static final int BUSY = 1_000;

    private static final int STAY = 200;

    private static final ReplicaId REPLICA = new ReplicaId(new VolumeId("vol"), "r");
    private static final Incarnation INCARNATION = new Incarnation("inc");

    private final RecordedEvents events = new RecordedEvents();
    private final FencingGate gate = new FencingGate(REPLICA, INCARNATION, events);

    @Test
    @DisplayName("R36: a gate begins shut, and when it opens it still admits nobody who has not fenced")
    void aGateBeginsShut() {
        assertThat(gate.closeBelow(token(1, 1)).standing()).isEqualTo(Standing.SHUT);
        refused(token(1, 1));
        gate.open(Optional.of(epoch(3)));
        refused(token(3, 0));
        refused(token(3, 1));
        refused(token(2, 9));
        assertThatThrownBy(() -> gate.open(Optional.empty())).isInstanceOf(IllegalStateException.class);
    }

    @Test
    @DisplayName("R2: closing shuts out lower tokens at once, and the new one enters only when its promise is durable")
    void closingShutsOutLowerTokens() throws FencedException {
        opened(1);
        close(token(2, 1));
        refused(token(2, 1));
        assertThat(gate.admit(token(2, 1))).isTrue();
        gate.enter(token(2, 1)).close();
        close(token(3, 0));
        refused(token(2, 1));
        refused(token(3, 0));
        assertThat(gate.admit(token(2, 1))).isFalse();
        refused(token(2, 1));
        assertThat(gate.admit(token(3, 0))).isTrue();
        gate.enter(token(3, 0)).close();
        assertThat(events.refused).contains(token(2, 1));
    }

    @Test
    @DisplayName(
            "R2: a higher session of the same epoch shuts out the lower one; a higher fence deposes the own writer")
    void sessionsRiseWithinAnEpoch() throws FencedException {
        opened(1);
        office(token(2, 0));
        gate.enter(token(2, 0)).close();
        office(token(2, 4));
        refused(token(2, 0));
        refused(token(2, 3));
        assertThat(gate.closeBelow(token(2, 3)).standing()).isEqualTo(Standing.LOWER);
        assertThat(gate.closeBelow(token(2, 4)).standing()).isEqualTo(Standing.LEVEL);
        gate.enter(token(2, 4)).close();
    }

    @Test
    @DisplayName("R2: whoever changes the store is told of once, before the change, and nobody who was refused")
    void tellsWhoChangesTheStore() throws FencedException {
        opened(1);
        office(token(2, 0));
        assertThat(events.accepted).as("let in, and nothing changed yet").isEmpty();
        Admission first = gate.enter(token(2, 0));
        assertThat(events.accepted).containsExactly(token(2, 0));
        gate.enter(token(2, 0)).close();
        first.close();
        office(token(2, 4));
        refused(token(2, 0));
        gate.enter(token(2, 4)).close();
        office(token(3, 0));
        gate.enter(token(3, 0)).close();
        assertThat(events.accepted).containsExactly(token(2, 0), token(2, 4), token(3, 0));
    }

    @Test
    @DisplayName(
            "R2, R12: who listens may throw: that change is not made, nobody stays inside, and the next one is told of")
    void aListenerThatThrowsLeavesNobodyInside() throws FencedException {
        AtomicInteger broken = new AtomicInteger(1);
        FencingGate listened = new FencingGate(REPLICA, INCARNATION, new RecordedEvents() {
            @Override
            public void tokenAccepted(ReplicaId replica, Token token) {
                if (broken.getAndDecrement() > 0) {
                    throw new IllegalStateException("a listener's bug");
                }
                super.tokenAccepted(replica, token);
                events.tokenAccepted(replica, token);
            }
        });
        listened.open(Optional.of(epoch(1)));
        listened.closeBelow(token(2, 0));
        listened.admit(token(2, 0));
        assertThatThrownBy(() -> listened.enter(token(2, 0))).hasMessage("a listener's bug");
        listened.enter(token(2, 0)).close();
        assertThat(events.accepted).containsExactly(token(2, 0));
        assertThat(listened.closeBelow(token(3, 0)).drained().orElseThrow().toCompletableFuture())
                .isCompleted();
    }

    @Test
    @DisplayName("R2: drained means that everybody who was admitted before has left, however often the gate was closed")
    void drainedWaitsForAllWhoWereAdmitted() throws FencedException {
        opened(1);
        office(token(2, 1));
        Admission first = gate.enter(token(2, 1));
        Admission second = gate.enter(token(2, 1));
        CompletionStage<Void> drained = close(token(3, 1));
        CompletionStage<Void> later = close(token(4, 1));
        first.close();
        first.close();
        assertThat(drained.toCompletableFuture()).isNotDone();
        assertThat(later.toCompletableFuture()).isNotDone();
        second.close();
        assertThat(drained.toCompletableFuture()).isCompleted();
        assertThat(later.toCompletableFuture()).isCompleted();
        assertThat(close(token(5, 1)).toCompletableFuture()).isCompleted();
    }

    @Test
    @DisplayName("R3: the same epoch with another mint id is reported, and never admitted")
    void anotherMintIsAConflict() {
        opened(1);
        office(token(2, 1));
        Token other = new Token(INCARNATION, new Epoch(2, new MintId("other")), 9);
        assertThat(gate.closeBelow(other).standing()).isEqualTo(Standing.CONFLICT);
        refused(other);
        assertThat(events.conflicts).containsExactly(other.epoch(), other.epoch());
        assertThat(gate.isCurrent(token(2, 1))).isTrue();
    }

    @Test
    @DisplayName("R42: a gate that is shut by a conflict says so to that term alone, and lets nobody in")
    void shutByAConflict() {
        gate.keepsTo(epoch(2));
        Token other = new Token(INCARNATION, new Epoch(2, new MintId("other")), 1);
        FencingGate.Closing told = gate.closeBelow(other);
        assertThat(told.standing()).isEqualTo(Standing.CONFLICT);
        assertThat(told.level()).contains(epoch(2));
        assertThat(told.drained()).isEmpty();
        assertThat(events.conflicts).containsExactly(other.epoch());
        Token elsewhere = new Token(new Incarnation("older"), other.epoch(), 1);
        for (Token each : List.of(token(2, 1), token(1, 1), token(3, 1), elsewhere)) {
            assertThat(gate.standingOf(each)).as("%s", each).isEqualTo(Standing.SHUT);
            assertThat(gate.isCurrent(each)).isFalse();
        }
        assertThat(gate.wasOpened()).isFalse();
        opened(3);
        gate.keepsTo(epoch(2));
        assertThat(gate.level()).contains(epoch(3));
        assertThat(gate.standingOf(other)).isEqualTo(Standing.LOWER);
        gate.shut();
        assertThat(gate.standingOf(new Token(INCARNATION, new Epoch(3, new MintId("other")), 1)))
                .isEqualTo(Standing.SHUT);
    }

    @Test
    void anotherIncarnationNeverCompares() {
        opened(1);
        Token other = new Token(new Incarnation("older"), epoch(99), 9);
        assertThat(gate.closeBelow(other).standing()).isEqualTo(Standing.OTHER_INCARNATION);
        refused(other);
        assertThat(gate.level()).contains(epoch(1));
    }

    @Test
    @DisplayName("R13: a session that is retired enters no more, and its number is used up")
    void aRetiredSessionIsOver() {
        opened(1);
        office(token(2, 1));
        gate.retire(token(2, 7));
        assertThat(gate.isCurrent(token(2, 1))).isTrue();
        gate.retire(token(2, 1));
        refused(token(2, 1));
        assertThat(gate.closeBelow(token(2, 1)).standing()).isEqualTo(Standing.LEVEL);
    }

    @Test
    void aShutGateAdmitsNobodyAndDrains() throws FencedException {
        opened(1);
        office(token(2, 1));
        Admission pass = gate.enter(token(2, 1));
        CompletionStage<Void> drained = gate.shut();
        refused(token(2, 1));
        assertThat(gate.closeBelow(token(9, 1)).standing()).isEqualTo(Standing.SHUT);
        assertThat(drained.toCompletableFuture()).isNotDone();
        pass.close();
        assertThat(drained.toCompletableFuture()).isCompleted();
    }

    @Test
    @DisplayName("R2: a gate that was shut before it opened stays shut: a promise that comes late opens nothing")
    void aGateThatWasShutFirstStaysShut() {
        gate.shut();
        gate.open(Optional.of(epoch(1)));
        assertThat(gate.closeBelow(token(9, 1)).standing()).isEqualTo(Standing.SHUT);
        refused(token(9, 1));
    }

    /** At most one token is admitted at a time, and what is admitted never falls. */
    @Property
    void r2_theAdmittedTokenNeverFalls(@ForAll @Size(max = 30) List<@IntRange(min = 0, max = 63) Integer> fences) {
        FencingGate fresh = new FencingGate(REPLICA, INCARNATION, events);
        fresh.open(Optional.of(epoch(1)));
        long highest = -1;
        for (int fence : fences) {
            Token token = token(1 + fence / 8, fence % 8);
            boolean closed = fresh.closeBelow(token).drained().isPresent();
            assertThat(closed).isEqualTo(fence > highest);
            if (closed) {
                highest = fence;
                fresh.admit(token);
            }
            for (int other = 0; other < 64; other++) {
                assertThat(fresh.isCurrent(token(1 + other / 8, other % 8))).isEqualTo(other == highest);
            }
        }
    }

    @Test
    @DisplayName("R2: under contention nobody is inside with an old token once its successor was told that it is quiet")
    void nobodyIsInsideAfterTheDrain() throws Exception {
        opened(1);
        office(token(2, 0));
        AtomicInteger inside = new AtomicInteger();
        AtomicLong entries = new AtomicLong();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            for (long epoch = 2; epoch < 60; epoch++) {
                Token mine = token(epoch, 0);
                List<Future<?>> writers = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    writers.add(threads.submit(() -> enterUntilRefused(mine, inside, entries)));
                }
                long then = entries.get();
                await().pollDelay(Duration.ZERO)
                        .pollInterval(Duration.ofMillis(1))
                        .until(() -> entries.get() > then + BUSY);
                close(token(epoch + 1, 0)).toCompletableFuture().get(20, TimeUnit.SECONDS);
                assertThat(inside).hasValue(0);
                assertThat(gate.admit(token(epoch + 1, 0))).isTrue();
                for (Future<?> writer : writers) {
                    writer.get(20, TimeUnit.SECONDS);
                }
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private void enterUntilRefused(Token mine, AtomicInteger inside, AtomicLong entries) {
        try {
            while (true) {
                Admission pass = gate.enter(mine);
                inside.incrementAndGet();
                entries.incrementAndGet();
                for (int i = 0; i < STAY; i++) { // so that there are nearly always some inside
                    Thread.onSpinWait();
                }
                inside.decrementAndGet();
                pass.close();
            }
        } catch (FencedException over) {
            assertThat(over.promisedEpoch()).isGreaterThan(mine.epoch().number());
        }
    }

    private void opened(long epoch) {
        gate.open(Optional.of(epoch(epoch)));
    }

    private CompletionStage<Void> close(Token token) {
        return gate.closeBelow(token).drained().orElseThrow();
    }

    private void office(Token token) {
        close(token);
        assertThat(gate.admit(token)).isTrue();
    }

    private void refused(Token token) {
        assertThatThrownBy(() -> gate.enter(token)).isInstanceOf(FencedException.class);
    }

    private static Epoch epoch(long number) {
        return new Epoch(number, new MintId("m" + number));
    }

    private static Token token(long epoch, long session) {
        return new Token(INCARNATION, epoch(epoch), session);
    }
}
