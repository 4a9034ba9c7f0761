package io.resilver.host.cli.control;

import io.resilver.spi.driver.RecoveryReport;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Token;

/** The driver's events as messages: their name, whom they are about, and what a program may want to know of them. */
public final class EventMessages {
    private EventMessages() {}

    /**
     * One event.
     *
     * @param event what happened
     * @return the message
     */
    public static Message of(RecoveryEvent event) {
        Message.Builder message =
                Message.builder().put("event", event.getClass().getSimpleName());
        if (event instanceof RecoveryEvent.OfReplica ofReplica) {
            message.put("replica", ofReplica.replica().name());
        }
        if (event instanceof RecoveryEvent.RecoveryCompleted completed) {
            report(message, completed.report());
        } else if (event instanceof RecoveryEvent.RecoveryStarted started) {
            message.put("outcome", started.plan().decision().outcome().name());
        } else if (event instanceof RecoveryEvent.RecoveryProgressed progressed) {
            message.put("durableLsn", progressed.durableLsn())
                    .put("targetLsn", progressed.targetLsn())
                    .put("bytesSent", progressed.bytesSent());
        } else if (event instanceof RecoveryEvent.RecoveryFailed failed) {
            message.put("why", String.valueOf(failed.cause().getMessage()));
        } else if (event instanceof RecoveryEvent.ReplicaLeft left) {
            message.put("why", left.why());
        } else if (event instanceof RecoveryEvent.ReplicaJoined joined) {
            message.put("epoch", joined.epoch().number()).put("durableLsn", joined.durableLsn());
        } else if (event instanceof RecoveryEvent.PrimaryTookOver tookOver) {
            message.put("epoch", tookOver.epoch().number()).put("boundaryLsn", tookOver.boundaryLsn());
        } else if (event instanceof RecoveryEvent.TokenAccepted accepted) {
            token(message, accepted.token());
        } else if (event instanceof RecoveryEvent.TokenRefused refused) {
            token(message, refused.token()).put("promisedEpoch", refused.promisedEpoch());
        } else if (event instanceof RecoveryEvent.EpochConflict conflict) {
            message.put("epoch", conflict.found().number())
                    .put("found", conflict.found().mint().value())
                    .put("promised", conflict.promised().mint().value());
        } else if (event instanceof RecoveryEvent.OperatorActed acted) {
            message.put("who", acted.who()).put("what", acted.what());
        } else if (event instanceof RecoveryEvent.StoreOrphaned orphaned) {
            message.put("incarnation", orphaned.incarnation().value()).put("why", orphaned.why());
        } else if (event instanceof RecoveryEvent.ContentDiffers differs) {
            message.put("afterLsn", differs.afterLsn())
                    .put("upToLsn", differs.upToLsn())
                    .put("ofPrimary", differs.ofPrimary())
                    .put("ofReplica", differs.ofReplica());
        } else if (event instanceof RecoveryEvent.ImageDiffers differs) {
            message.put("lsn", differs.lsn())
                    .put("offset", differs.offset())
                    .put("bytes", differs.bytes())
                    .put("ofPrimary", differs.ofPrimary())
                    .put("ofReplica", differs.ofReplica());
        } else if (event instanceof RecoveryEvent.CorruptionFound corrupt) {
            message.put("where", corrupt.cause().where())
                    .put("offset", corrupt.cause().offset())
                    .put("why", String.valueOf(corrupt.cause().getMessage()));
        } else if (event instanceof RecoveryEvent.DivergenceFound found) {
            message.put("agreedLsn", found.agreedLsn()).put("flushedLsn", found.flushedLsn());
        }
        return message.build();
    }

    private static Message.Builder token(Message.Builder message, Token token) {
        return message.put("epoch", token.epoch().number())
                .put("mint", token.epoch().mint().value())
                .put("session", token.session());
    }

    private static void report(Message.Builder message, RecoveryReport report) {
        message.put("epoch", report.epoch())
                .put("outcome", report.outcome().name())
                .put("reason", report.reason().name())
                .put("startLsn", report.startLsn())
                .put("targetLsn", report.targetLsn())
                .put("achievedLsn", report.achievedLsn())
                .put("entries", report.entries())
                .put("bytesSent", report.bytesSent())
                .put("nanos", report.elapsed().toNanos());
        report.rebuildSource().ifPresent(source -> message.put("rebuildSource", source.name()));
    }
}
