package io.resilver.host.cluster;

import static io.resilver.host.cluster.TestHost.VOLUME;
import static io.resilver.host.cluster.TestHost.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.resilver.host.disk.FileDisk;
import io.resilver.host.volume.FileVolume;
import io.resilver.host.volume.StoreReader;
import io.resilver.spi.driver.Assignment;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.Fenced;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.driver.RecoveryExecution;
import io.resilver.spi.driver.RecoveryReport;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.Step;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.plan.Outcome;
import io.resilver.spi.plan.Reason;
import io.resilver.spi.plan.RecoveryPlan;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two hosts under an authority of the host's own, driven step by step. */
class OwnAuthorityTest {
    private static final Incarnation INCARNATION = new Incarnation("i1");
    private static final int BLOCK = 4096;
    private static final int WRITES = 400;

    @TempDir
    Path directory;

    private TestHost a;
    private TestHost b;
    private FileVolume onA;

    @BeforeEach
    void start() throws Exception {
        Map<String, String> external = Map.of(
                "resilver.coordination.mode", "external",
                "resilver.coordination.heartbeat-ms", "50",
                "resilver.coordination.read-lease-ms", "100",
                "resilver.recovery.batch-bytes", "65536");
        a = TestHost.open("a", directory, external);
        b = TestHost.open("b", directory, external);
        onA = (FileVolume) await(a.driver().openReplica(a.replica(), INCARNATION));
        await(b.driver().openReplica(b.replica(), INCARNATION));
        a.holds(onA);
    }

    @AfterEach
    void stop() throws Exception {
        a.close();
        b.close();
    }

    private Assignment assignment(long epoch, long number) {
        return new Assignment(
                VOLUME,
                INCARNATION,
                new Epoch(epoch, new MintId("m" + epoch)),
                number,
                a.replica(),
                List.of(
                        new ReplicaAssignment(
                                a.replica(), a.id(), Optional.of(a.driver().endpoint()), Duty.FOLLOW),
                        new ReplicaAssignment(
                                b.replica(), b.id(), Optional.of(b.driver().endpoint()), Duty.FOLLOW)));
    }

    private Leadership ledWithWrites() throws Exception {
        Leadership term = await(a.driver().assign(assignment(1, 1)));
        for (int i = 0; i < WRITES; i++) {
            a.append(term, (long) i * BLOCK, new byte[BLOCK]);
        }
        await(term.whenCommitted(WRITES));
        return term;
    }

    @Test
    @DisplayName("R10 R11 R19: stepwise, a catch-up ends durably at its frozen target and goes on as keep-up")
    void catchesUpStepByStep() throws Exception {
        Leadership term = ledWithWrites();
        Fenced fenced = await(a.driver().fence(b.replica()));
        assertThat(fenced.position().flushedLsn()).isZero();
        RecoveryPlan plan = await(a.driver().planRecovery(b.replica(), fenced.position()));
        assertThat(plan.decision().reason()).isEqualTo(Reason.GAP_WITHIN_RETENTION);
        RecoveryExecution execution = await(a.driver().begin(plan));
        long durable = 0;
        Step step;
        do {
            step = await(execution.step());
            assertThat(step.durableLsn()).isBetween(durable, (long) WRITES);
            durable = step.durableLsn();
        } while (!step.done());
        RecoveryReport report = await(execution.complete());
        assertThat(report.outcome()).isEqualTo(Outcome.CATCH_UP);
        assertThat(report.achievedLsn()).isEqualTo(WRITES);
        assertThat(report.entries()).isEqualTo(WRITES);
        long last = a.append(term, 0, new byte[] {1, 2, 3});
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(reader(b).sha256(OptionalLong.of(last)))
                        .isEqualTo(reader(a).sha256(OptionalLong.of(last))));
    }

    private static StoreReader reader(TestHost host) {
        return new StoreReader(new FileDisk(), host.directory());
    }

    @Test
    @DisplayName("R12 R13: cancelled at any step, no pin is left and the sender has no session")
    void cancelReleasesAtEveryStep() throws Exception {
        ledWithWrites();
        for (int steps = 0; steps < 6; steps++) {
            Fenced fenced = await(a.driver().fence(b.replica()));
            RecoveryPlan plan = steps % 2 == 0
                    ? await(a.driver().planRebuild(b.replica()))
                    : await(a.driver().planRecovery(b.replica(), fenced.position()));
            RecoveryExecution execution = await(a.driver().begin(plan));
            for (int done = 0; done < steps; done++) {
                await(execution.step());
            }
            await(a.driver().cancel(plan, "a test of step " + steps));
            assertThat(onA.openPins()).as("pins after step %d", steps).isZero();
            assertThat(a.driver().status().replicas())
                    .allMatch(each -> each.state().equals("IDLE") && each.pins() == 0);
            assertThatThrownBy(() -> await(execution.step())).hasCauseInstanceOf(CancelledException.class);
        }
    }

    @Test
    @DisplayName("R8: a plan begins once, and only in its own session")
    void aPlanIsBound() throws Exception {
        ledWithWrites();
        Fenced first = await(a.driver().fence(b.replica()));
        RecoveryPlan plan = await(a.driver().planRecovery(b.replica(), first.position()));
        await(a.driver().begin(plan));
        assertThatThrownBy(() -> await(a.driver().begin(plan))).hasCauseInstanceOf(PermanentException.class);
        await(a.driver().fence(b.replica()));
        assertThatThrownBy(() -> await(a.driver().begin(plan))).hasCauseInstanceOf(PermanentException.class);
        assertThat(onA.openPins()).isZero();
    }

    @Test
    @DisplayName("R3 R4: an older assignment changes nothing, an invalidated epoch never attaches again")
    void epochsOnlyRise() throws Exception {
        Leadership term = await(a.driver().assign(assignment(5, 2)));
        assertThat(await(a.driver().assign(assignment(5, 1)))).isSameAs(term);
        await(a.driver().invalidateEpoch(VOLUME, 5));
        assertThat(term.ended().toCompletableFuture()).isCompleted();
        assertThatThrownBy(() -> await(a.driver().assign(assignment(5, 3)))).hasCauseInstanceOf(FencedException.class);
        Leadership next = await(a.driver().updateEpoch(VOLUME, new Epoch(6, new MintId("m6"))));
        assertThat(next.epoch().number()).isEqualTo(6);
        assertThatThrownBy(term::enter).isInstanceOf(FencedException.class);
    }

    @Test
    @DisplayName("R16 R17 R18: whole, a rebuild that was asked for verifies the base and follows with the log")
    void rebuildsWhole() throws Exception {
        Leadership term = ledWithWrites();
        await().atMost(Duration.ofSeconds(20)).until(() -> onA.checkpoint() >= WRITES);
        onA.trimTo(WRITES);
        RecoveryReport report = await(a.driver().recover(b.replica()));
        assertThat(report.outcome()).isEqualTo(Outcome.NEEDS_REBUILD);
        assertThat(report.achievedLsn()).isGreaterThanOrEqualTo(WRITES);
        long last = a.write(term, 0, new byte[] {9});
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(reader(b).sha256(OptionalLong.of(last)))
                        .isEqualTo(reader(a).sha256(OptionalLong.of(last))));
    }
}
