package io.resilver.plugin.events;

import io.resilver.spi.driver.RecoveryReport;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.Token;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.plan.Outcome;
import io.resilver.spi.plan.PinRequest;
import io.resilver.spi.plan.Reason;
import io.resilver.spi.plan.RebuildSource;
import io.resilver.spi.plan.RecoveryPlan;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** At least one event of every kind. */
public final class EventSamples {
    public static final VolumeId VOLUME = new VolumeId("v1");
    public static final ReplicaId REPLICA = new ReplicaId(VOLUME, "r1");
    private static final Epoch EPOCH = new Epoch(7, new MintId("m7"));
    private static final Token TOKEN = new Token(new Incarnation("i1"), EPOCH, 3);
    private static final Decision UNDECIDED = new Decision.Undecided(Reason.NO_COMMITTED_BOUNDARY, true);

    private EventSamples() {}

    public static List<RecoveryEvent> ofEveryKind() {
        RecoveryPlan plan = plan(new Decision.ZeroGap(Reason.AT_COMMITTED, true, 100));
        return List.of(
                new RecoveryEvent.RecoveryPlanned(plan),
                new RecoveryEvent.RecoveryPlanned(plan(UNDECIDED)),
                new RecoveryEvent.RecoveryStarted(plan),
                progressed(50),
                completed(Outcome.NEEDS_REBUILD, Reason.GAP_BEYOND_RETENTION),
                new RecoveryEvent.RecoveryFailed(
                        REPLICA,
                        new RetriableException("a test's own", Duration.ZERO),
                        Optional.of(Duration.ofMillis(200))),
                new RecoveryEvent.RecoveryFailed(REPLICA, new PermanentException("a test's own"), Optional.empty()),
                new RecoveryEvent.RecoveryCancelled(REPLICA, "the test says so"),
                new RecoveryEvent.RecoveryEscalated(REPLICA, "NO_PROGRESS", "too slow"),
                new RecoveryEvent.ReplicaJoined(REPLICA, EPOCH, 100),
                new RecoveryEvent.ReplicaLeft(REPLICA, EPOCH, "silent"),
                new RecoveryEvent.PrimaryTookOver(VOLUME, EPOCH, new HostId("h1"), 100),
                new RecoveryEvent.EpochRaised(REPLICA, EPOCH),
                new RecoveryEvent.EpochConflict(REPLICA, EPOCH, new Epoch(EPOCH.number(), new MintId("other"))),
                new RecoveryEvent.TokenAccepted(REPLICA, TOKEN),
                new RecoveryEvent.TokenRefused(REPLICA, TOKEN, 8),
                new RecoveryEvent.PinRevoked(REPLICA, new PinRequest(PinRequest.Kind.LOG, 30), 4096, "pin-bytes"),
                new RecoveryEvent.StoreReplaced(
                        REPLICA, new StoreIdentity(new StoreId("s1"), 4), new StoreIdentity(new StoreId("s2"), 0)),
                new RecoveryEvent.StoreOrphaned(REPLICA, new Incarnation("i1"), "the volume was deleted"),
                new RecoveryEvent.DivergenceFound(REPLICA, 40, 60, UNDECIDED),
                new RecoveryEvent.ContentDiffers(REPLICA, 10, 40, "00ff", "ff00"),
                new RecoveryEvent.ImageDiffers(REPLICA, 40, 4_096, 512, "00ff", "ff00"),
                new RecoveryEvent.CorruptionFound(
                        REPLICA, 10, 40, new CorruptException("a test's own", "log/7.seg", 4_096)),
                new RecoveryEvent.OperatorActed(VOLUME, "anna", "pause v1"));
    }

    public static RecoveryEvent progressed(long durableLsn) {
        return new RecoveryEvent.RecoveryProgressed(REPLICA, durableLsn, 1_000_000, durableLsn);
    }

    public static RecoveryEvent.RecoveryCompleted completed(Outcome outcome, Reason reason) {
        return new RecoveryEvent.RecoveryCompleted(new RecoveryReport(
                REPLICA,
                7,
                outcome,
                reason,
                outcome == Outcome.NEEDS_REBUILD ? Optional.of(RebuildSource.FULL_BASE) : Optional.empty(),
                0,
                100,
                100,
                10,
                2_048,
                Duration.ofMillis(30)));
    }

    private static RecoveryPlan plan(Decision decision) {
        return new RecoveryPlan(REPLICA, TOKEN, decision);
    }
}
