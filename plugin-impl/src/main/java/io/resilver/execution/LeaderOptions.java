package io.resilver.execution;

import io.resilver.execution.scrub.ScrubOptions;
import java.time.Duration;

/**
 * The bounds of one volume's leader.
 *
 * @param batchBytes payload bytes read and sent at a time
 * @param windowBytes payload bytes of one session under way (R51)
 * @param fenceTimeout how long a replica may take to connect and answer its fence
 * @param tick how often the leader looks at its replicas; several times within the grace and the read lease
 * @param readLease how long every new primary waits before it acknowledges (R37)
 * @param servedFor how long an answer lets committed data be read: the read lease shortened by the clock drift allowed
 * @param joinHold how long commits wait for a joiner before it is let go again (R31)
 * @param undecidedRetry how long before an undecided replica is asked again
 * @param progressInterval the least time between two progress events of a replica
 * @param scrub how logs are compared while in sync
 */
public record LeaderOptions(
        int batchBytes,
        long windowBytes,
        Duration fenceTimeout,
        Duration tick,
        Duration readLease,
        Duration servedFor,
        Duration joinHold,
        Duration undecidedRetry,
        Duration progressInterval,
        ScrubOptions scrub) {
    /**
     * The same with another scrub.
     *
     * @param other how logs are compared
     * @return a copy
     */
    public LeaderOptions with(ScrubOptions other) {
        return new LeaderOptions(
                batchBytes,
                windowBytes,
                fenceTimeout,
                tick,
                readLease,
                servedFor,
                joinHold,
                undecidedRetry,
                progressInterval,
                other);
    }

    /**
     * What fits a local network and disks that flush within tens of milliseconds: 1 MiB batches in a window of 8, as many
     * as cover a flush; a tick of a quarter second, so that grace (2 s) and read lease (2 s) are seen several times.
     */
    public static final LeaderOptions DEFAULT = new LeaderOptions(
            1 << 20,
            8L << 20,
            Duration.ofSeconds(5),
            Duration.ofMillis(250),
            Duration.ofSeconds(2),
            Duration.ofMillis(1_980),
            Duration.ofSeconds(2),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            ScrubOptions.OFF);
}
