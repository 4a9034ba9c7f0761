package io.resilver.simulation.fault;

import java.util.Random;

/**
 * One thing that goes wrong.
 *
 * @param number which of the run's faults it is
 * @param kind what goes wrong
 * @param host where, as an index
 * @param other another host
 * @param lastsNanos how long until it is mended
 * @param nextNanos how long after its beginning the next one begins
 */
public record Fault(int number, FaultKind kind, int host, int other, long lastsNanos, long nextNanos) {
    private static final long MILLI = 1_000_000;
    private static final int SHORTEST_MS = 50;
    private static final int SHORT_MS = 2_000;
    private static final int LONG_MS = 9_000;

    /**
     * The fault of a number, always the same for the same seed.
     *
     * @param seed of the run
     * @param number from 0 on
     * @param mix how often each kind comes
     * @param hosts how many there are
     * @return the fault
     */
    public static Fault of(long seed, int number, Mix mix, int hosts) {
        Random random = new Random(seed * 1_000_003 + number);
        random.nextLong(); // neighbouring seeds begin alike
        FaultKind kind = mix.draw(random);
        int longest = random.nextInt(3) == 0 ? LONG_MS : SHORT_MS;
        int host = random.nextInt(hosts);
        return new Fault(
                number,
                kind,
                host,
                (host + 1 + random.nextInt(hosts - 1)) % hosts,
                (SHORTEST_MS + random.nextInt(longest)) * MILLI,
                random.nextInt(mix.nextMs()) * MILLI);
    }
}
