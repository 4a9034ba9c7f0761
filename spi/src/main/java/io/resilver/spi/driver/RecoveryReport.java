package io.resilver.spi.driver;

import io.resilver.spi.Api;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.plan.Outcome;
import io.resilver.spi.plan.Reason;
import io.resilver.spi.plan.RebuildSource;
import java.time.Duration;
import java.util.Optional;

/**
 * How a recovery ended well. What was achieved is what the target reported as durable, never what was asked or sent
 * (R11).
 *
 * @param replica the target
 * @param epoch the epoch number under which it ended
 * @param outcome what was done
 * @param reason why
 * @param rebuildSource where a rebuild's base came from; empty for anything else
 * @param startLsn the replica's durable LSN before, after a truncation
 * @param targetLsn the frozen target
 * @param achievedLsn what the target reported as durable, at least the target
 * @param entries log entries sent
 * @param bytesSent payload bytes of entries and base ranges sent, what was skipped not counted
 * @param elapsed from the begin of the execution to its completion
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record RecoveryReport(
        ReplicaId replica,
        long epoch,
        Outcome outcome,
        Reason reason,
        Optional<RebuildSource> rebuildSource,
        long startLsn,
        long targetLsn,
        long achievedLsn,
        long entries,
        long bytesSent,
        Duration elapsed) {}
