package io.resilver.spi.policy;

import io.resilver.spi.Api;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.plan.Decision;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Preferences. Every method has a sensible default, so that a policy overrides only what it cares about. Methods are
 * called by worker threads, possibly several at a time, must not block, and must not depend on who calls. A policy that
 * throws fails the recovery that asked, not the host.
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public interface RecoveryPolicy extends AutoCloseable {
    /** How long without progress before a recovery ends: longer than a slow disk's longest stall. */
    Duration DEFAULT_NO_PROGRESS = Duration.ofSeconds(30);

    /** What a lagging replica may hold on the source's disk by default: 1 GiB. */
    long DEFAULT_PIN_BYTES = 1L << 30;

    /** How long a pin may stand still: long enough for a rebuild's base at 20 MB/s and 64 GiB. */
    Duration DEFAULT_PIN_AGE = Duration.ofHours(1);

    /** The first wait after a failure that may pass. */
    Duration FIRST_BACK_OFF = Duration.ofMillis(100);

    /** The longest wait between attempts, so that a returned replica is noticed within seconds. */
    Duration LONGEST_BACK_OFF = Duration.ofSeconds(10);

    /**
     * The wait after two hosts did not trust each other, when the files of this one have not changed meanwhile: it is the other
     * that must change its own, which takes a person minutes at least. Senders to one host share its connections, so that a
     * host without the right certificate costs each of the others a handshake or two a minute.
     */
    Duration UNTRUSTED_BACK_OFF = Duration.ofMinutes(1);

    /**
     * What a recovery sends a second while its volume is written to: 8 MiB. Where writers, source and target all share a disk
     * and two processors, the median write then takes less than half as long again as without a recovery.
     */
    long DEFAULT_BESIDE_WRITES = 8L << 20;

    /** How many failed catch-ups in a row before a rebuild is preferred. */
    int CATCH_UPS_BEFORE_REBUILD = 5;

    /**
     * The bounds of one execution.
     *
     * @param replica the target
     * @param decision what will be executed
     * @return the bounds
     */
    default Budgets budgets(ReplicaId replica, Decision decision) {
        return new Budgets(
                Optional.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                DEFAULT_NO_PROGRESS,
                DEFAULT_PIN_BYTES,
                DEFAULT_PIN_AGE);
    }

    /**
     * Catch-up or rebuild, where both are proven possible.
     *
     * @param replica the target
     * @param catchUp the proven catch-up
     * @param rebuild the proven rebuild
     * @param gapLsns target minus start, an upper bound of the entries to send
     * @return one of the two
     */
    default Choice choose(ReplicaId replica, Decision.CatchUp catchUp, Decision.Rebuild rebuild, long gapLsns) {
        return new Choice(catchUp, "the gap is within retention");
    }

    /**
     * What to do after a failure. Whatever is answered to an {@link io.resilver.spi.error.UntrustedException}, the next attempt
     * is made at once when this host's own TLS files have changed.
     *
     * @param replica the target
     * @param cause what failed
     * @param failures how many attempts in a row have failed, this one included, 1 or more
     * @return what next; a rebuild that is not possible becomes a later attempt
     */
    default NextAttempt afterFailure(ReplicaId replica, RecoveryException cause, int failures) {
        return Defaults.afterFailure(cause, failures);
    }

    /**
     * Who goes first when slots are short.
     *
     * @param replica the target
     * @param decision what it needs
     * @return a higher number goes first
     */
    default int priority(ReplicaId replica, Decision decision) {
        return 0;
    }

    /**
     * A bound on the bytes per second of one recovery. Asked when it begins and while it runs, so that another answer is in
     * force for it within a second.
     *
     * @param replica the target
     * @param decision what it needs
     * @return bytes per second, or empty for none
     */
    default OptionalLong bytesPerSecond(ReplicaId replica, Decision decision) {
        return OptionalLong.empty();
    }

    /**
     * A further bound on one recovery while its volume is written to: from a write on until none has come for a second. It is
     * lifted for good once the recovery's pins hold half of what they may, or stood still for a quarter of the time that they
     * may ({@link Budgets}): a recovery that is slower than the writers would never end. Asked as {@link #bytesPerSecond} is, and
     * the lesser of the two is in force.
     *
     * @param replica the target
     * @param decision what it needs
     * @return bytes per second, or empty for none
     */
    default OptionalLong bytesPerSecondBesideWrites(ReplicaId replica, Decision decision) {
        return OptionalLong.of(DEFAULT_BESIDE_WRITES);
    }

    /**
     * How long commits wait for a member that does not answer before it is taken out of the in-sync set.
     *
     * @param replica the member
     * @return more than a fence and a flush take
     */
    default Duration grace(ReplicaId replica) {
        return Duration.ofSeconds(2);
    }

    /**
     * The least that {@link #grace} ever answers, where that is known from the start. Asked once, when the driver opens: it
     * refuses a read lease that is too long for it.
     *
     * @return the least, or empty when nothing is known of it
     */
    default Optional<Duration> leastGrace() {
        return Optional.empty();
    }

    /** Closes what the policy opened. Idempotent. */
    @Override
    default void close() {}
}
