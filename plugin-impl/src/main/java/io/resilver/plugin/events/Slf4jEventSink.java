package io.resilver.plugin.events;

import io.resilver.spi.driver.RecoveryReport;
import io.resilver.spi.event.EventSink;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.event.RecoveryEvent.ContentDiffers;
import io.resilver.spi.event.RecoveryEvent.CorruptionFound;
import io.resilver.spi.event.RecoveryEvent.DivergenceFound;
import io.resilver.spi.event.RecoveryEvent.EpochConflict;
import io.resilver.spi.event.RecoveryEvent.EpochRaised;
import io.resilver.spi.event.RecoveryEvent.ImageDiffers;
import io.resilver.spi.event.RecoveryEvent.OfReplica;
import io.resilver.spi.event.RecoveryEvent.OperatorActed;
import io.resilver.spi.event.RecoveryEvent.PinRevoked;
import io.resilver.spi.event.RecoveryEvent.PrimaryTookOver;
import io.resilver.spi.event.RecoveryEvent.RecoveryCancelled;
import io.resilver.spi.event.RecoveryEvent.RecoveryCompleted;
import io.resilver.spi.event.RecoveryEvent.RecoveryEscalated;
import io.resilver.spi.event.RecoveryEvent.RecoveryFailed;
import io.resilver.spi.event.RecoveryEvent.RecoveryPlanned;
import io.resilver.spi.event.RecoveryEvent.RecoveryProgressed;
import io.resilver.spi.event.RecoveryEvent.RecoveryStarted;
import io.resilver.spi.event.RecoveryEvent.ReplicaJoined;
import io.resilver.spi.event.RecoveryEvent.ReplicaLeft;
import io.resilver.spi.event.RecoveryEvent.StoreOrphaned;
import io.resilver.spi.event.RecoveryEvent.StoreReplaced;
import io.resilver.spi.event.RecoveryEvent.TokenAccepted;
import io.resilver.spi.event.RecoveryEvent.TokenRefused;
import io.resilver.spi.plan.RecoveryPlan;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Writes each event as one line: a message that never changes, so that it can be searched for, and what differs as keys
 * and values. Warnings are what a person may have to act on; progress is for debugging.
 */
final class Slf4jEventSink implements EventSink {
    private final Logger log;

    Slf4jEventSink(Logger log) {
        this.log = log;
    }

    @Override
    public void accept(RecoveryEvent event) {
        if (event instanceof RecoveryPlanned planned) {
            plan(line(Level.INFO, event), planned.plan()).log("Recovery planned");
        } else if (event instanceof RecoveryStarted started) {
            plan(line(Level.INFO, event), started.plan()).log("Recovery started");
        } else if (event instanceof RecoveryProgressed progressed) {
            line(Level.DEBUG, event)
                    .addKeyValue("durableLsn", progressed.durableLsn())
                    .addKeyValue("targetLsn", progressed.targetLsn())
                    .addKeyValue("bytesSent", progressed.bytesSent())
                    .log("Recovery progressed");
        } else if (event instanceof RecoveryCompleted completed) {
            report(line(Level.INFO, event), completed.report()).log("Recovery completed");
        } else if (event instanceof RecoveryFailed failed) {
            failed(line(Level.WARN, event), failed);
        } else if (event instanceof RecoveryCancelled cancelled) {
            line(Level.INFO, event).addKeyValue("why", cancelled.why()).log("Recovery cancelled");
        } else if (event instanceof RecoveryEscalated escalated) {
            line(Level.WARN, event)
                    .addKeyValue("cause", escalated.cause())
                    .addKeyValue("why", escalated.why())
                    .log("Catch-up given up for a rebuild");
        } else {
            acceptOther(event);
        }
    }

    /** What is not about one recovery. */
    private void acceptOther(RecoveryEvent event) {
        if (event instanceof ReplicaJoined joined) {
            line(Level.INFO, event)
                    .addKeyValue("epoch", joined.epoch())
                    .addKeyValue("durableLsn", joined.durableLsn())
                    .log("Replica joined the in-sync set");
        } else if (event instanceof ReplicaLeft left) {
            line(Level.WARN, event)
                    .addKeyValue("epoch", left.epoch())
                    .addKeyValue("why", left.why())
                    .log("Replica left the in-sync set");
        } else if (event instanceof PrimaryTookOver tookOver) {
            line(Level.INFO, event)
                    .addKeyValue("epoch", tookOver.epoch())
                    .addKeyValue("host", tookOver.host())
                    .addKeyValue("boundaryLsn", tookOver.boundaryLsn())
                    .log("Primary took over");
        } else if (event instanceof EpochRaised raised) {
            line(Level.INFO, event).addKeyValue("epoch", raised.epoch()).log("Store promised a higher epoch");
        } else if (event instanceof EpochConflict conflict) {
            line(Level.ERROR, event)
                    .addKeyValue("found", conflict.found())
                    .addKeyValue("promised", conflict.promised())
                    .log("Two terms carry the same number: was the coordination service restored from an older state?");
        } else if (event instanceof TokenAccepted accepted) {
            line(Level.DEBUG, event).addKeyValue("token", accepted.token()).log("Token accepted");
        } else if (event instanceof TokenRefused refused) {
            line(Level.WARN, event)
                    .addKeyValue("token", refused.token())
                    .addKeyValue("promisedEpoch", refused.promisedEpoch())
                    .log("Token refused");
        } else if (event instanceof PinRevoked revoked) {
            line(Level.WARN, event)
                    .addKeyValue("pin", revoked.pin())
                    .addKeyValue("heldBytes", revoked.heldBytes())
                    .addKeyValue("why", revoked.why())
                    .log("Pin revoked");
        } else if (event instanceof StoreReplaced replaced) {
            line(Level.WARN, event)
                    .addKeyValue("recorded", replaced.recorded())
                    .addKeyValue("found", replaced.found())
                    .log("Store was replaced or restored");
        } else if (event instanceof StoreOrphaned orphaned) {
            line(Level.WARN, event)
                    .addKeyValue("incarnation", orphaned.incarnation())
                    .addKeyValue("why", orphaned.why())
                    .log(
                            "Store belongs to no volume any more: it is served no more, and stays until a person removes it");
        } else if (event instanceof DivergenceFound diverged) {
            line(Level.WARN, event)
                    .addKeyValue("agreedLsn", diverged.agreedLsn())
                    .addKeyValue("flushedLsn", diverged.flushedLsn())
                    .addKeyValue("outcome", diverged.decision().outcome())
                    .addKeyValue("reason", diverged.decision().reason())
                    .log("Divergence found");
        } else if (event instanceof ContentDiffers differs) {
            line(Level.ERROR, event)
                    .addKeyValue("afterLsn", differs.afterLsn())
                    .addKeyValue("upToLsn", differs.upToLsn())
                    .addKeyValue("ofPrimary", differs.ofPrimary())
                    .addKeyValue("ofReplica", differs.ofReplica())
                    .log("Scrub found that a replica's log is not its primary's: nothing was repaired");
        } else if (event instanceof ImageDiffers differs) {
            line(Level.ERROR, event)
                    .addKeyValue("lsn", differs.lsn())
                    .addKeyValue("offset", differs.offset())
                    .addKeyValue("bytes", differs.bytes())
                    .addKeyValue("ofPrimary", differs.ofPrimary())
                    .addKeyValue("ofReplica", differs.ofReplica())
                    .log("Scrub found that a replica's image is not its primary's: nothing was repaired");
        } else if (event instanceof CorruptionFound corrupt) {
            line(Level.ERROR, event)
                    .addKeyValue("afterLsn", corrupt.afterLsn())
                    .addKeyValue("upToLsn", corrupt.upToLsn())
                    .addKeyValue("where", corrupt.cause().where())
                    .addKeyValue("offset", corrupt.cause().offset())
                    .addKeyValue("why", corrupt.cause().getMessage())
                    .log("Scrub found corrupt bytes: nothing was repaired");
        } else if (event instanceof OperatorActed acted) {
            line(Level.INFO, event)
                    .addKeyValue("who", acted.who())
                    .addKeyValue("what", acted.what())
                    .log("Operator acted");
        }
    }

    private LoggingEventBuilder line(Level level, RecoveryEvent event) {
        return event instanceof OfReplica of
                ? log.atLevel(level).addKeyValue("replica", of.replica())
                : log.atLevel(level).addKeyValue("volume", event.volume());
    }

    private static LoggingEventBuilder plan(LoggingEventBuilder line, RecoveryPlan plan) {
        OptionalLong target = plan.decision().target();
        return (target.isPresent() ? line.addKeyValue("targetLsn", target.getAsLong()) : line)
                .addKeyValue("token", plan.token())
                .addKeyValue("outcome", plan.decision().outcome())
                .addKeyValue("reason", plan.decision().reason());
    }

    private static LoggingEventBuilder report(LoggingEventBuilder line, RecoveryReport report) {
        return with(line, "rebuildSource", report.rebuildSource())
                .addKeyValue("epoch", report.epoch())
                .addKeyValue("outcome", report.outcome())
                .addKeyValue("reason", report.reason())
                .addKeyValue("achievedLsn", report.achievedLsn())
                .addKeyValue("entries", report.entries())
                .addKeyValue("bytesSent", report.bytesSent())
                .addKeyValue("elapsedMs", report.elapsed().toMillis());
    }

    /** A replica that is away fails again and again: only what a person has to act on has its stack with it. */
    private static void failed(LoggingEventBuilder line, RecoveryFailed failed) {
        LoggingEventBuilder named = with(
                        line, "retryAfterMs", failed.retryAfter().map(Duration::toMillis))
                .addKeyValue("cause", failed.cause().getClass().getSimpleName())
                .addKeyValue("why", failed.cause().getMessage());
        if (failed.retryAfter().isPresent()) {
            named.log("Recovery failed, it is tried again");
        } else {
            named.setCause(failed.cause()).log("Recovery given up");
        }
    }

    private static LoggingEventBuilder with(LoggingEventBuilder line, String key, Optional<?> value) {
        return value.isPresent() ? line.addKeyValue(key, value.get()) : line;
    }
}
