package io.resilver.coordination;

import java.time.Duration;

/**
 * The times that a host's lease is made of.
 *
 * @param sessionTimeout how long the ensemble keeps a session without its client
 * @param tick the ensemble's tick, the grain of its expiry
 * @param heartbeatInterval from one heartbeat to the next
 */
public record LeaseSettings(Duration sessionTimeout, Duration tick, Duration heartbeatInterval) {
    /**
     * Checks that a lease outlives the next heartbeat; otherwise it would end between any two.
     *
     * @throws IllegalArgumentException naming the times and what to change
     */
    public LeaseSettings {
        if (tick.isNegative() || heartbeatInterval.isNegative() || heartbeatInterval.isZero()) {
            throw new IllegalArgumentException("tick " + tick + " must not be negative, and heartbeat interval "
                    + heartbeatInterval + " must be positive");
        }
        Duration lease = sessionTimeout.dividedBy(2).minus(tick).minus(heartbeatInterval);
        if (lease.compareTo(heartbeatInterval) <= 0) {
            throw new IllegalArgumentException("a session timeout of " + sessionTimeout + " leaves a lease of " + lease
                    + ", not longer than the heartbeat interval " + heartbeatInterval
                    + ": raise the session timeout above twice (tick " + tick + " + 2 heartbeat intervals)");
        }
    }

    /**
     * How long an acknowledged heartbeat is good for: half the session timeout, less a tick and a heartbeat interval
     * (R38).
     *
     * @return a positive duration
     */
    public Duration lease() {
        return sessionTimeout.dividedBy(2).minus(tick).minus(heartbeatInterval);
    }
}
