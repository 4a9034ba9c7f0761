package io.resilver.spi.driver;

import io.resilver.spi.Api;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.plan.Outcome;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How one replica stands, as seen by the sender that owns it. A copy; it does not change.
 *
 * @param replica who
 * @param host where its store is
 * @param state the sender's state, a word such as {@code RECOVERING} or {@code IN_SYNC}
 * @param why the last reason for a change of state, for people
 * @param inSync whether it is a member of the in-sync set
 * @param epoch the epoch number of its session; empty without one
 * @param outcome what is being executed or was executed last; empty before the first plan
 * @param durableLsn what it reported last; empty before the first answer
 * @param targetLsn where the running execution must get to; empty without one
 * @param bytesSent by the running or last execution
 * @param pins how many pins its recovery and keep-up hold
 * @param pinnedBytes what they hold back on this host's disk
 * @param scrub how far its log was compared with the primary's, and what was found
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record ReplicaStatus(
        ReplicaId replica,
        HostId host,
        String state,
        String why,
        boolean inSync,
        OptionalLong epoch,
        Optional<Outcome> outcome,
        OptionalLong durableLsn,
        OptionalLong targetLsn,
        long bytesSent,
        int pins,
        long pinnedBytes,
        ScrubStatus scrub) {}
