package io.resilver.coordination;

import java.time.Duration;

/**
 * The times that a host's lease is made of.
 *
 * <p>Why the lease ends before the session can. Call the session's timeout T, the tick t, the heartbeat interval h, and the
 * anchor of an acknowledged heartbeat a, which is from before it was sent.
 *
 * <ul>
 *   <li>A leader rounds a session's expiry up to the next tick, so it ends no earlier than T after the leader was last told
 *       that the client was heard.
 *   <li>A follower tells it with its answers to the leader's pings, which come every half tick. When the follower dies right
 *       after the heartbeat's answer, the leader knows of what was heard up to half a tick before it: of the heartbeat
 *       before this one, h earlier, at the worst.
 *   <li>So the session lives until a + T - t - h at least, and a new leader only gives all sessions their full time again.
 *       The lease ends at a + T/2 - t - h: half the session timeout is left for clocks that differ and for heartbeats that
 *       were late.
 * </ul>
 *
 * <p>A client cannot ask for the tick. A tick that is given too small, t' for t, is safe as long as T/2 + t' is at least t:
 * then T/2 - t' - h is still at most T - t - h. With a third of T for t' that holds for every tick up to five sixths of T. An
 * ensemble grants no session below two ticks unless it was configured to, so the tick is at most
 * half of T. To take t as half of T, on the other hand, would leave no lease at all. T is what the ensemble granted, never
 * what was asked for.
 *
 * @param sessionTimeout how long the ensemble keeps a session without its client, as it was granted
 * @param tick the ensemble's tick, the grain of its expiry, or what is taken for it
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
