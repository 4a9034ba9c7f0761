package io.resilver.host;

import io.resilver.spi.MonotonicClock;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * When a volume's record is read again without a hint. A volume that is well is looked at rarely, since hints tell what happens
 * to it and a lost one is made up for here; a volume of which something is expected is looked at soon, and less often the
 * longer it takes, so that a host that is away for days costs its volumes little (R40). On the replica's strand.
 */
final class Rereading {
    /** How soon something is looked for that is expected: a new primary, an endpoint that moved. */
    static final Duration FIRST = Duration.ofSeconds(1);

    /** How soon after a reading news is looked into: what was read before it does not tell of it, and news comes in bursts. */
    static final Duration AFTER_NEWS = Duration.ofMillis(20);

    /** With 100,000 volumes on a host these are a few hundred reads a second, a small part of what an ensemble serves. */
    static final Duration LONGEST = Duration.ofMinutes(5);

    private final MonotonicClock clock;
    private final RandomGenerator random;
    private long readNanos;
    private Duration whenWell = LONGEST;
    private Duration whenExpecting = FIRST;
    private Duration whenFailing = FIRST;

    Rereading(MonotonicClock clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
        this.readNanos = clock.nanos();
    }

    /** Something has happened: what follows from it is looked for at once, and if it is not there yet, soon. */
    void expect() {
        whenExpecting = AFTER_NEWS;
    }

    /** The record is read now. */
    void reads(boolean isWell) {
        readNanos = clock.nanos();
        whenWell = shareOf(LONGEST);
        Duration doubled = whenExpecting.multipliedBy(2);
        boolean begins = isWell || doubled.compareTo(FIRST) < 0;
        whenExpecting = begins ? FIRST : doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST;
    }

    /**
     * The reading has failed: what it was to look into is not known, and no hint may come any more, since a reading is also what asks for them.
     * So even a volume that seemed well is read again soon, and less often the longer that fails.
     */
    void failed() {
        whenWell = shareOf(whenFailing);
        Duration doubled = whenFailing.multipliedBy(2);
        whenFailing = doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST;
    }

    /** The record was read. */
    void succeeded() {
        whenFailing = FIRST;
    }

    /** Volumes that were opened together, or whose reading failed together, are not read together. */
    private Duration shareOf(Duration longest) {
        return Duration.ofNanos((long) (longest.toNanos() * (0.5 + random.nextDouble() / 2)));
    }

    /** How long until it is read again; zero for now. */
    Duration dueIn(boolean isWell) {
        Duration after = isWell ? whenWell : whenExpecting;
        return Duration.ofNanos(Math.max(0, after.toNanos() - (clock.nanos() - readNanos)));
    }
}
