package io.resilver.plugin.policy;

import io.resilver.spi.Configuration;
import io.resilver.spi.error.BudgetExceededException;
import io.resilver.spi.error.BudgetExceededException.Budget;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.UntrustedException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.policy.Budgets;
import io.resilver.spi.policy.NextAttempt;
import io.resilver.spi.policy.RecoveryPolicy;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The SPI's own preferences with configurable bounds. Immutable.
 *
 * <p>Its keys, after {@code resilver.policy.default.}: {@code no-progress-ms}, {@code pin-bytes}, {@code pin-age-ms},
 * {@code grace-ms}, {@code untrusted-back-off-ms}, {@code catch-ups-before-rebuild}, {@code bytes-per-second} (no bound when
 * it is not set) and {@code bytes-per-second-beside-writes} (0 is no bound).
 */
final class DefaultPolicy implements RecoveryPolicy {
    /** Longer than anybody waits, and far from where nanoseconds overflow. */
    private static final long LONGEST_MS = Duration.ofDays(365).toMillis();

    private final Budgets budgets;
    private final Duration grace;
    private final Duration untrustedBackOff;
    private final int catchUpsBeforeRebuild;
    private final OptionalLong bytesPerSecond;
    private final OptionalLong bytesPerSecondBesideWrites;

    DefaultPolicy(Configuration keys) {
        budgets = new Budgets(
                Optional.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                millis(keys, "no-progress-ms", DEFAULT_NO_PROGRESS),
                keys.number("pin-bytes", DEFAULT_PIN_BYTES, 1, Long.MAX_VALUE),
                millis(keys, "pin-age-ms", DEFAULT_PIN_AGE));
        grace = millis(keys, "grace-ms", Duration.ofSeconds(2));
        untrustedBackOff = millis(keys, "untrusted-back-off-ms", UNTRUSTED_BACK_OFF);
        catchUpsBeforeRebuild =
                (int) keys.number("catch-ups-before-rebuild", CATCH_UPS_BEFORE_REBUILD, 1, Integer.MAX_VALUE);
        bytesPerSecond = keys.text("bytes-per-second").isPresent()
                ? OptionalLong.of(keys.number("bytes-per-second", 1, 1, Long.MAX_VALUE))
                : OptionalLong.empty();
        long beside = keys.number("bytes-per-second-beside-writes", DEFAULT_BESIDE_WRITES, 0, Long.MAX_VALUE);
        bytesPerSecondBesideWrites = beside == 0 ? OptionalLong.empty() : OptionalLong.of(beside);
    }

    @Override
    public Budgets budgets(ReplicaId replica, Decision decision) {
        return budgets;
    }

    /**
     * As the SPI says, but catch-ups that keep losing their log, or stop moving, become a rebuild in the end. A peer that
     * is away does not: a rebuild needs it as much as a catch-up, and costs more.
     */
    @Override
    public NextAttempt afterFailure(ReplicaId replica, RecoveryException cause, int failures) {
        NextAttempt next = RecoveryPolicy.super.afterFailure(replica, cause, failures);
        if (cause instanceof UntrustedException && next instanceof NextAttempt.Again again) {
            return new NextAttempt.Again(untrustedBackOff, again.why());
        }
        if (failures >= catchUpsBeforeRebuild && rebuildMayHelp(cause) && next instanceof NextAttempt.Again again) {
            return new NextAttempt.Rebuild(again.after(), failures + " attempts in a row have failed: " + again.why());
        }
        return next;
    }

    @Override
    public OptionalLong bytesPerSecond(ReplicaId replica, Decision decision) {
        return bytesPerSecond;
    }

    @Override
    public OptionalLong bytesPerSecondBesideWrites(ReplicaId replica, Decision decision) {
        return bytesPerSecondBesideWrites;
    }

    @Override
    public Duration grace(ReplicaId replica) {
        return grace;
    }

    @Override
    public Optional<Duration> leastGrace() {
        return Optional.of(grace);
    }

    private static boolean rebuildMayHelp(RecoveryException cause) {
        return cause instanceof LogTrimmedException
                || (cause instanceof BudgetExceededException exceeded && exceeded.budget() == Budget.NO_PROGRESS);
    }

    /** A bound of zero would end every recovery at once: it is refused. */
    private static Duration millis(Configuration keys, String key, Duration byDefault) {
        return Duration.ofMillis(keys.number(key, byDefault.toMillis(), 1, LONGEST_MS));
    }
}
