package io.resilver.execution;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Whether committed data may be read: only while every other member's last answer is young enough, counted from before its
 * question was sent (R37). Set on the strand, asked by any thread; does not block.
 */
final class ReadLease {
    private final Duration servedFor;
    private final StrandIo io;
    private volatile Optional<Rests> rests = Optional.empty();

    /**
     * What reads rest on.
     *
     * @param sinceNanos when it was looked at: what holds for a primary that has no others to hear of
     * @param others the signs of life of every other member
     */
    private record Rests(long sinceNanos, List<SignsOfLife> others) {}

    ReadLease(Duration servedFor, StrandIo io) {
        this.servedFor = servedFor;
        this.io = io;
    }

    /** From now on reads rest on what these say, also after this. */
    void restsOn(List<SignsOfLife> others) {
        rests = Optional.of(new Rests(io.nanos(), List.copyOf(others)));
    }

    /** Reads may not be served, whatever the others say. */
    void restsOnNothing() {
        rests = Optional.empty();
    }

    boolean holds() {
        return rests.map(this::holds).orElse(false);
    }

    private boolean holds(Rests on) {
        long now = io.nanos();
        long served = servedFor.toNanos();
        if (on.others().isEmpty()) {
            return now - on.sinceNanos() < served;
        }
        for (SignsOfLife other : on.others()) {
            if (!other.within(served, now)) {
                return false;
            }
        }
        return true;
    }
}
