package io.resilver.plugin.driver;

import io.resilver.coordination.TakeOverSettings;
import io.resilver.execution.LeaderOptions;
import io.resilver.execution.scrub.ScrubOptions;
import io.resilver.host.HostSettings;
import io.resilver.plugin.config.DriverConfiguration;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.policy.RecoveryPolicy;
import java.time.Duration;
import java.util.Optional;

/** The bounds and times of a host, from its configuration and what follows from that. */
final class Settings {
    /** A leader looks at its replicas several times within the read lease. */
    private static final int TICKS_PER_LEASE = 4;

    /** One answer may be late or lost without the member being missed. */
    private static final int QUESTIONS_PER_GRACE = 2;

    /** How long a replica may take to answer its fence beyond connecting: a drain, a promise, a position. */
    private static final Duration FENCE_ANSWER = Duration.ofSeconds(3);

    /** How much longer each rank of a member waits: a mint, a promise and a fence on a local network. */
    private static final Duration WAIT_PER_RANK = Duration.ofMillis(500);

    /** Words of a primary that may be missing before a broken connection is taken for its end: one may be lost with it. */
    private static final int HEARTBEATS_PER_GRACE = 2;

    private static final Duration FIRST_BACK_OFF = Duration.ofMillis(200);
    private static final Duration LONGEST_BACK_OFF = Duration.ofSeconds(10);
    private static final int PERCENT = 100;

    private Settings() {}

    static HostSettings of(DriverConfiguration configuration) {
        Duration heartbeat = configuration.get(DriverConfiguration.COORDINATION_HEARTBEAT);
        return new HostSettings(
                configuration.get(DriverConfiguration.RECOVERY_SLOTS),
                configuration.get(DriverConfiguration.RECOVERY_SLOTS_PER_PEER),
                configuration.get(DriverConfiguration.RECOVERY_BUFFER),
                heartbeat,
                new TakeOverSettings(
                        configuration.get(DriverConfiguration.COORDINATION_SILENCE),
                        heartbeat.multipliedBy(HEARTBEATS_PER_GRACE),
                        WAIT_PER_RANK,
                        FIRST_BACK_OFF,
                        LONGEST_BACK_OFF),
                leader(configuration));
    }

    /**
     * Refuses a read lease that is too long for the policy's grace, where the policy knows it: a leader asks its members a few
     * times in a lease, and one that is asked less often than twice in its grace is taken for one that is away, although it owes
     * nothing. It would leave the in-sync set and join it again, without end.
     *
     * @throws PermanentException naming both
     */
    static void requireFit(DriverConfiguration configuration, RecoveryPolicy policy) throws PermanentException {
        Optional<Duration> grace = policy.leastGrace();
        long lease =
                configuration.get(DriverConfiguration.COORDINATION_READ_LEASE).toMillis();
        if (grace.isEmpty() || grace.get().toMillis() / QUESTIONS_PER_GRACE >= lease / TICKS_PER_LEASE) {
            return;
        }
        throw new PermanentException(DriverConfiguration.COORDINATION_READ_LEASE.name() + " = " + lease
                + " is too long for the recovery policy's grace of "
                + grace.get().toMillis()
                + " ms: members are asked " + TICKS_PER_LEASE
                + " times in a read lease, and those that owe nothing would leave the in-sync set between two questions; lower the"
                + " lease to " + grace.get().toMillis() / QUESTIONS_PER_GRACE * TICKS_PER_LEASE
                + " or less, or raise the policy's grace to at least half of the lease");
    }

    private static LeaderOptions leader(DriverConfiguration configuration) {
        LeaderOptions byDefault = LeaderOptions.DEFAULT;
        Duration lease = configuration.get(DriverConfiguration.COORDINATION_READ_LEASE);
        return new LeaderOptions(
                configuration.get(DriverConfiguration.RECOVERY_BATCH),
                configuration.get(DriverConfiguration.TRANSPORT_WINDOW),
                configuration.get(DriverConfiguration.TRANSPORT_CONNECT_TIMEOUT).plus(FENCE_ANSWER),
                lease.dividedBy(TICKS_PER_LEASE),
                lease,
                lease.multipliedBy(PERCENT - configuration.get(DriverConfiguration.COORDINATION_CLOCK_DRIFT))
                        .dividedBy(PERCENT),
                byDefault.joinHold(),
                byDefault.undecidedRetry(),
                configuration.get(DriverConfiguration.RECOVERY_PROGRESS),
                new ScrubOptions(
                        configuration.get(DriverConfiguration.SCRUB_RATE),
                        Math.min(configuration.get(DriverConfiguration.RECOVERY_BATCH), ScrubOptions.MOST_RANGE_BYTES),
                        configuration.get(DriverConfiguration.SCRUB_INTERVAL)));
    }
}
