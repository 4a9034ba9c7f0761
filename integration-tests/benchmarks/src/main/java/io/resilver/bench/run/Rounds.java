package io.resilver.bench.run;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * How often a comparison measures both sides: so many times, or fewer where another round would take longer than there is time,
 * but once. A slow machine so has fewer rounds, and all comparisons end in time; the report has a figure of each. Not thread
 * safe.
 */
public final class Rounds {
    private final int most;
    private final Optional<Duration> time;
    private final LongSupplier nanos;
    private final long begunNanos;
    private long lastNanos;

    private Rounds(int most, Optional<Duration> time, LongSupplier nanos) {
        this.most = most;
        this.time = time;
        this.nanos = nanos;
        this.begunNanos = nanos.getAsLong();
        this.lastNanos = begunNanos;
    }

    /**
     * So many, whatever they take.
     *
     * @param rounds how many
     * @return the rounds
     */
    public static Rounds exactly(int rounds) {
        return new Rounds(rounds, Optional.empty(), System::nanoTime);
    }

    /** At most so many, within a time that begins now and counts what is set up too. */
    static Rounds within(int most, Duration time, LongSupplier nanos) {
        return new Rounds(most, Optional.of(time), nanos);
    }

    /**
     * At most how many there are.
     *
     * @return 1 or more
     */
    public int most() {
        return most;
    }

    /**
     * Whether there is another round; asked once before each.
     *
     * @param done how many there were
     * @return true before the first one
     */
    public boolean goesOn(int done) {
        long now = nanos.getAsLong();
        long lastRound = now - lastNanos;
        lastNanos = now;
        return done < most
                && (done == 0
                        || time.isEmpty()
                        || now - begunNanos + lastRound <= time.get().toNanos());
    }
}
