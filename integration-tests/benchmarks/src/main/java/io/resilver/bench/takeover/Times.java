package io.resilver.bench.takeover;

import java.time.Duration;

/**
 * The times that both contenders are given, and the ones that only a host knows.
 *
 * @param session ZooKeeper's session timeout
 * @param tick the server's tick
 * @param silence after how long without a word a member may take over, where it need not wait for ZooKeeper
 * @param heartbeat from one word of a primary to the next
 */
record Times(Duration session, Duration tick, Duration silence, Duration heartbeat) {
    /** A server grants sessions from two ticks on; with four, a host's lease is long against its heartbeat. */
    private static final int TICKS_PER_SESSION = 4;

    /** Longer than a mint, a promise and a fence take on a machine at work, and below the second that is the aim. */
    private static final Duration SILENCE = Duration.ofMillis(750);

    private static final Duration HEARTBEAT = Duration.ofMillis(100);

    static Times of(Duration session) {
        return new Times(session, session.dividedBy(TICKS_PER_SESSION), SILENCE, HEARTBEAT);
    }

    /** The silence window with which a member waits for ZooKeeper in any case. */
    Duration endless() {
        return session.multipliedBy(10);
    }
}
