package io.resilver.execution;

import static io.resilver.execution.LeaderFixture.B;
import static io.resilver.execution.LeaderFixture.C;
import static io.resilver.execution.LeaderFixture.FIRST;
import static io.resilver.execution.LeaderFixture.TERM;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.replica.link.Response;
import io.resilver.spi.driver.Fenced;
import io.resilver.spi.driver.RecoveryReport;
import io.resilver.spi.error.BudgetExceededException;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.plan.RecoveryPlan;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A vendor's adapter that throws, hangs, reads short or lies fails its own recoveries, by its name, and holds nothing; the
 * primary's is called "memory" here, and that of the others "other".
 */
class AdapterBugTest {
    private static final String SOURCE = "vol/a (adapter memory)";
    private static final String TARGET = "vol/b (adapter other)";

    private final LeaderFixture f = new LeaderFixture();

    @AfterEach
    void nothingWasThrownWhereNobodyHearsOfIt() {
        assertThat(f.uncaught).isEmpty();
    }

    private CompletionStage<RecoveryReport> recoverB() {
        CompletionStage<RecoveryReport> done = f.lead(false, B).senders().recover(B);
        f.runtime.runAll();
        return done;
    }

    private RecoveryException firstFailure() {
        return f.told(RecoveryEvent.RecoveryFailed.class).get(0).cause();
    }

    private void nothingIsHeld() {
        assertThat(f.source.pins).isEmpty();
        assertThat(f.source.openCursors).isZero();
        assertThat(f.ledger.count()).isZero();
        assertThat(f.scheduler.active()).isZero();
        assertThat(f.link.openStreams()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"history", "pinLog", "open", "next", "pinSnapshot", "pinFullBase", "describe", "read base"})
    @DisplayName(
            "R12, R13: an adapter that throws where it is read from fails its own recovery, by its name, and holds nothing")
    void aSourceThatThrows(String where) {
        f.source.append(FIRST, 50);
        if (!where.equals("pinLog") && !where.equals("open") && !where.equals("next")) {
            f.source.trim(60);
        }
        if (where.equals("pinSnapshot")) {
            f.source.checkpoint(90);
        }
        f.source.hook = call -> {
            if (call.startsWith(where)) {
                throw new IllegalStateException("an adapter with a bug");
            }
        };
        assertThat(recoverB().toCompletableFuture()).isCompletedExceptionally();
        assertThat(f.status(B).state()).isEqualTo("GIVEN_UP");
        assertThat(firstFailure()).isInstanceOf(PermanentException.class);
        assertThat(f.status(B).why()).contains(SOURCE).contains("an adapter with a bug");
        nothingIsHeld();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "promise",
                "position",
                "identity",
                "append",
                "flush",
                "beginInstall",
                "write",
                "flushBase",
                "commit"
            })
    @DisplayName("R12, R13: an adapter that throws where it is written to fails its own recovery, by its name")
    void aTargetThatThrows(String where) {
        f.source.append(FIRST, 50);
        if (!where.equals("append") && !where.equals("flush")) {
            f.source.trim(60);
        }
        f.stores.get(B).hook = call -> {
            if (call.equals(where) || call.startsWith(where + " ")) {
                throw new IllegalStateException("an adapter with a bug");
            }
        };
        assertThat(recoverB().toCompletableFuture()).isCompletedExceptionally();
        assertThat(f.status(B).state()).isEqualTo("GIVEN_UP");
        assertThat(f.status(B).why()).contains(TARGET).contains("an adapter with a bug");
        nothingIsHeld();
    }

    @Test
    @DisplayName("R13: what an adapter says by type is told by the same type, and by the adapter's name")
    void anErrorOfItsOwn() {
        f.source.append(FIRST, 50);
        f.source.hook = call -> {
            if (call.startsWith("next")) {
                throw new CorruptException("a checksum is wrong", "log-7", 12);
            }
        };
        recoverB();
        assertThat(firstFailure())
                .isInstanceOfSatisfying(CorruptException.class, corrupt -> {
                    assertThat(corrupt.where()).isEqualTo("log-7");
                    assertThat(corrupt.offset()).isEqualTo(12);
                })
                .hasMessage(SOURCE + ": a checksum is wrong (log-7 at byte 12)");
        nothingIsHeld();
    }

    @Test
    @DisplayName("R11: an adapter whose log ends short of what it has says fails its recovery, by its name")
    void aLogThatEndsShort() {
        f.source.append(FIRST, 50);
        f.source.readableTo = 60;
        recoverB();
        assertThat(firstFailure()).isInstanceOf(RetriableException.class).hasMessageContaining(SOURCE);
        nothingIsHeld();
    }

    @Test
    @DisplayName("R11, R22: an adapter whose log ends short in keep-up ends it after its window, by its name")
    void aLogThatEndsShortInKeepUp() {
        f.source.append(FIRST, 50);
        f.policy.noProgress = Duration.ofSeconds(1);
        recoverB();
        f.source.readableTo = f.source.head();
        f.write(3);
        f.pass(Duration.ofSeconds(2));
        assertThat(firstFailure())
                .isInstanceOf(BudgetExceededException.class)
                .hasMessageContaining(SOURCE + " has read nothing after LSN 150");
    }

    @Test
    @DisplayName("R11: an adapter whose base ends short fails its recovery, by its name")
    void aBaseThatEndsShort() {
        f.source.append(FIRST, 50);
        f.source.trim(60);
        f.source.readsAtMost = MemorySource.RANGE_BYTES - 1;
        recoverB();
        assertThat(firstFailure()).isInstanceOf(PermanentException.class).hasMessageContaining(SOURCE);
        nothingIsHeld();
    }

    private void aLie(UnaryOperator<EntryBatch> lie) {
        f.source.append(FIRST, 50);
        f.source.tells = lie;
        assertThat(recoverB().toCompletableFuture()).isCompletedExceptionally();
        assertThat(firstFailure()).isInstanceOf(PermanentException.class).hasMessageContaining(SOURCE);
        assertThat(f.stores.get(B).log()).isEmpty();
        nothingIsHeld();
    }

    @Test
    @DisplayName("R52: an adapter whose cursor leaves entries out fails its recovery, by its name")
    void aGap() {
        aLie(batch -> new EntryBatch(
                batch.entries().get(0).id(),
                batch.entries().subList(1, batch.entries().size()),
                batch.writers()));
    }

    @Test
    @DisplayName("R52: an adapter whose cursor reads entries out of order fails its recovery, by its name")
    void outOfOrder() {
        aLie(batch -> new EntryBatch(
                batch.previous(),
                List.of(batch.entries().get(1), batch.entries().get(0)),
                batch.writers()));
    }

    @Test
    @DisplayName("R10: an adapter whose cursor goes beyond the frozen target fails its recovery, by its name")
    void tooFar() {
        f.source.append(FIRST, 3);
        f.batchBytes = 1 << 20;
        CompletionStage<RecoveryReport> done = f.lead(false, B).senders().recover(B);
        f.source.append(TERM, 1);
        f.source.tells = batch -> f.source.batch(batch.previous().lsn(), f.source.head());
        f.runtime.runAll();
        assertThat(done.toCompletableFuture()).isCompletedExceptionally();
        assertThat(firstFailure()).isInstanceOf(PermanentException.class).hasMessageContaining(SOURCE);
        assertThat(f.stores.get(B).log()).isEmpty();
    }

    @Test
    @DisplayName("R52: an adapter whose next batch follows an entry of another writer fails its recovery, by its name")
    void anotherWriterBefore() {
        f.source.append(TERM, 50);
        f.source.tells = batch -> batch.previous().lsn() < 60
                ? batch
                : new EntryBatch(new EntryId(batch.previous().lsn(), FIRST.number()), batch.entries(), batch.writers());
        recoverB();
        assertThat(firstFailure()).isInstanceOf(PermanentException.class).hasMessageContaining(SOURCE);
        nothingIsHeld();
    }

    // ------------------------------------------------------------------------------------------------ lies

    @Test
    @DisplayName("R15: an adapter that declares to truncate and does not fails its recovery, by its name")
    void aTruncationThatDoesNothing() throws RecoveryException {
        f.source.append(FIRST, 20);
        f.holds(B, 60);
        f.stores.get(B).append(ahead(60));
        f.stores.get(B).flush();
        f.stores.get(B).hook = call -> {
            if (call.startsWith("truncateTo")) {
                throw new UnsupportedOperationException("truncateTo");
            }
        };
        recoverB();
        assertThat(f.status(B).state()).isEqualTo("GIVEN_UP");
        assertThat(f.status(B).why()).contains(TARGET).contains("truncateTo");
        nothingIsHeld();
    }

    /** An entry that the primary never had. */
    private static EntryBatch ahead(long afterLsn) {
        return new EntryBatch(
                new EntryId(afterLsn, FIRST.number()),
                List.of(new LogEntry(afterLsn + 1, FIRST.number(), ByteBuffer.wrap(new byte[1]))),
                List.of(LineageElement.of(FIRST, 1)));
    }

    @Test
    @DisplayName(
            "R9: an adapter that pins a snapshot at another LSN than was asked for fails its recovery, by its name")
    void anotherSnapshot() {
        f.source.append(FIRST, 50);
        f.source.trim(60);
        f.source.checkpoint(90);
        f.source.pinsSnapshotsAt = OptionalLong.of(87);
        recoverB();
        assertThat(firstFailure()).isInstanceOf(PermanentException.class).hasMessageContaining(SOURCE);
        nothingIsHeld();
    }

    @ParameterizedTest
    @ValueSource(strings = {"heldBytes", "close pin", "close cursor"})
    @DisplayName(
            "R12: an adapter that throws where it must not keeps nobody from letting go of the rest, nor the status from an answer")
    void whatMustNotFail(String where) {
        f.source.append(FIRST, 50);
        f.source.hook = call -> {
            if (call.startsWith("next")) {
                f.source.bug = where;
            }
        };
        f.policy.noProgress = Duration.ofSeconds(3);
        f.link.lostAnswers = Response.Durable.class::isInstance;
        CompletionStage<RecoveryReport> done = recoverB();
        assertThat(f.status(B).pins()).isEqualTo(1);
        f.policy.retry = Optional.of(Duration.ofDays(1));
        f.pass(Duration.ofSeconds(5));
        assertThat(f.status(B).state()).isIn("GIVEN_UP", "BACKING_OFF");
        nothingIsHeld();
        assertThat(done).isNotNull();
    }

    // ------------------------------------------------------------------------------------------------ hangs

    @ParameterizedTest
    @ValueSource(strings = {"history", "pinLog", "next", "pinFullBase", "read base"})
    @DisplayName(
            "R22: an adapter that does not come back where it is read from ends its recovery after the window, by its name")
    void aSourceThatHangs(String after) {
        f.source.append(FIRST, 50);
        if (after.endsWith("ase")) {
            f.source.trim(60);
        }
        f.policy.noProgress = Duration.ofSeconds(2);
        f.policy.retry = Optional.of(Duration.ofSeconds(1));
        f.source.hook = call -> {
            f.sourceIo.block();
            if (call.startsWith(after)) {
                f.sourceIo.hang(); // the call after this one
            }
        };
        recoverB();
        f.pass(Duration.ofSeconds(3));
        assertThat(firstFailure())
                .isInstanceOf(BudgetExceededException.class)
                .hasMessageContaining(SOURCE + " has not come back from a call for more than PT2S");
        assertThat(f.source.pins).isEmpty();
        assertThat(f.ledger.count()).isZero();
        assertThat(f.scheduler.active()).isZero();

        f.pass(Duration.ofMinutes(10));
        assertThat(f.sourceIo.out())
                .as("threads that one replica's recoveries hold")
                .isLessThanOrEqualTo(3);
        assertThat(f.status(B).why()).contains(SOURCE);

        f.source.hook = call -> {};
        f.sourceIo.comeBack();
        f.pass(Duration.ofSeconds(10));
        assertThat(f.status(B).state()).isIn("KEEPING_UP", "IN_SYNC");
        assertThat(f.stores.get(B).last()).isEqualTo(f.source.ids().get(49));
        assertThat(f.source.openCursors).isLessThanOrEqualTo(1);
        assertThat(f.source.pins).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"identity", "append", "beginInstall", "write"})
    @DisplayName(
            "R22, R34: an adapter that does not come back where it is written to ends its recovery, by its name, and holds up no other")
    void aTargetThatHangs(String after) {
        f.source.append(FIRST, 50);
        if (after.equals("beginInstall") || after.equals("write")) {
            f.source.trim(60);
        }
        f.policy.noProgress = Duration.ofSeconds(2);
        f.policy.retry = Optional.of(Duration.ofSeconds(1));
        f.stores.get(B).hook = call -> {
            f.targetIo.block();
            if (call.startsWith(after)) {
                f.targetIo.hang(); // the call after this one
            }
        };
        recoverB();
        f.pass(Duration.ofSeconds(3));
        assertThat(firstFailure())
                .isInstanceOf(BudgetExceededException.class)
                .hasMessageContaining(TARGET + " made nothing durable for more than PT2S");
        nothingIsHeld();

        f.pass(Duration.ofMinutes(10));
        assertThat(f.targetIo.out()).as("threads that one store holds").isLessThanOrEqualTo(3);
        assertThat(f.status(B).why()).contains(TARGET).contains("has not come back from a call");

        f.stores.get(B).hook = call -> {};
        f.targetIo.comeBack();
        f.pass(Duration.ofSeconds(10));
        assertThat(f.status(B).state()).isIn("KEEPING_UP", "IN_SYNC");
        assertThat(f.stores.get(B).last().lsn()).isEqualTo(150);
    }

    @Test
    @DisplayName("R22: a call that is left of an earlier recovery is not taken for what the present one waits for")
    void aCallThatIsLeft() {
        f.source.append(FIRST, 50);
        f.policy.noProgress = Duration.ofSeconds(2);
        f.policy.retry = Optional.of(Duration.ofSeconds(1));
        f.source.hook = call -> {
            f.sourceIo.block();
            if (call.startsWith("next")) {
                f.sourceIo.hang();
            }
        };
        recoverB();
        f.pass(Duration.ofMillis(2_500));
        f.source.hook = call -> {};
        f.sourceIo.goOn();
        f.stores.get(B).hook = call -> {
            f.targetIo.block();
            if (call.startsWith("append")) {
                f.targetIo.hang();
            }
        };
        f.pass(Duration.ofSeconds(4));
        assertThat(f.told(RecoveryEvent.RecoveryFailed.class))
                .extracting(each -> each.cause().getMessage())
                .satisfiesExactly(
                        first -> assertThat(first).contains(SOURCE),
                        second -> assertThat(second).contains(TARGET));
        f.sourceIo.comeBack();
        f.targetIo.comeBack();
        f.runtime.runAll();
    }

    @Test
    @DisplayName(
            "R8, R22: a host that drives the steps hears that the store does not tell its history, and no plan comes after that")
    void aPlanThatComesTooLate() {
        f.source.append(FIRST, 50);
        SenderAccess senders = f.lead(false, B).senders();
        Fenced fenced = f.now(senders.fence(B));
        f.source.hook = call -> f.sourceIo.block();
        f.sourceIo.hang();
        CompletionStage<RecoveryPlan> plan = senders.plan(B, fenced.position());
        f.pass(Duration.ofSeconds(29));
        assertThat(plan.toCompletableFuture()).isNotDone();
        f.pass(Duration.ofSeconds(2));
        assertThat(plan.toCompletableFuture()).isCompletedExceptionally();
        f.sourceIo.comeBack();
        f.runtime.runAll();
        assertThat(f.told(RecoveryEvent.RecoveryPlanned.class)).isEmpty();
        assertThat(f.now(senders.plan(B, fenced.position())).decision().target())
                .hasValue(150);
    }

    @Test
    @DisplayName("R12, R20: an adapter that throws when keep-up asks what its pin holds ends it, by its name")
    void aPinThatDoesNotSayWhatItHolds() {
        f.source.append(FIRST, 50);
        recoverB();
        f.source.bug = "heldBytes";
        f.pass(Duration.ofSeconds(2));
        assertThat(firstFailure()).isInstanceOf(PermanentException.class).hasMessageContaining(SOURCE);
        nothingIsHeld();
    }

    @Test
    @DisplayName("R12, R17: an install that does not say what it holds is closed again, and the next one can begin")
    void anInstallThatThrowsAtItsBeginning() {
        f.source.append(FIRST, 50);
        f.source.trim(60);
        f.stores.get(B).candidates = null;
        VolumeLeader leader = f.lead(false, B);
        leader.senders().recover(B);
        f.runtime.runAll();
        assertThat(firstFailure()).isInstanceOf(PermanentException.class).hasMessageContaining(TARGET);
        f.stores.get(B).candidates = List.of();
        assertThat(f.now(leader.senders().recover(B)).achievedLsn()).isEqualTo(150);
    }

    @Test
    @DisplayName("R22: while one store hangs, another replica is recovered, though the host has one slot")
    void anotherGoesOn() {
        f.source.append(FIRST, 50);
        f.policy.noProgress = Duration.ofSeconds(2);
        f.policy.retry = Optional.of(Duration.ofSeconds(1));
        f.stores.get(B).hook = call -> {
            if (call.startsWith("append")) {
                throw new IllegalStateException("an adapter with a bug");
            }
        };
        f.lead(true, B, C);
        f.pass(Duration.ofSeconds(10));
        assertThat(f.status(C).state()).isIn("KEEPING_UP", "IN_SYNC");
        assertThat(f.status(B).why()).contains(TARGET);
    }
}
