package io.resilver.execution;

import io.resilver.spi.error.PermanentException;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Which ranges of a base a target's present image may have, and what was asked about them (R17, R53). Used on the leader's
 * strand.
 */
final class BaseOffers {
    /** Enough that the target reads while this side digests; each is small. */
    private static final int MOST_OPEN = 4;

    /** After so many that the target did not have it is taken to be another image: what is offered is read twice here. */
    static final int MISSES = 256;

    private record Offer(long first, int ranges) {}

    private final Deque<Offer> open = new ArrayDeque<>();
    private final Deque<Long> wanted = new ArrayDeque<>();
    private long candidates;
    private int missed;
    private @Nullable Runnable waiting;

    /** So many ranges may be there, from the first one on. */
    void candidates(long ranges) {
        candidates = ranges;
    }

    /** Whether a range is to be offered before it is sent. */
    boolean covers(long index) {
        return index < candidates && missed < MISSES;
    }

    /** Whether one more may be offered before an answer has come. */
    boolean hasRoom() {
        return open.size() < MOST_OPEN;
    }

    /** Whether an answer is to come. */
    boolean isOpen() {
        return !open.isEmpty();
    }

    /** These were offered. */
    void sent(long first, int ranges) {
        open.add(new Offer(first, ranges));
    }

    /** The target answered the oldest one. */
    void answered(long offered, BitSet ranges) throws PermanentException {
        Offer oldest = open.poll();
        if (oldest == null || oldest.first != offered || ranges.length() > oldest.ranges) {
            throw new PermanentException("the target wants " + ranges + " from range " + offered
                    + " on, which was not offered: its driver miscounts");
        }
        for (int i = 0; i < oldest.ranges; i++) {
            missed = ranges.get(i) ? missed + 1 : 0;
        }
        ranges.stream().forEach(each -> wanted.add(offered + each));
        Runnable again = waiting;
        waiting = null;
        if (again != null) {
            again.run();
        }
    }

    /** Waits for the next answer. One at a time. */
    void whenAnswered(Runnable then) {
        waiting = then;
    }

    /** The next range that the target wants; it stays until it is {@linkplain #wantedWasSent() sent}. */
    @Nullable
    Long wanted() {
        return wanted.peek();
    }

    void wantedWasSent() {
        wanted.remove();
    }
}
