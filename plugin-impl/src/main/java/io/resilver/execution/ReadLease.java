package io.resilver.execution;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * Whether committed data may be read: only while every other member's last answer is young enough, counted from before its
 * question was sent (R37). Set on the strand, asked by any thread; does not block.
 */
final class ReadLease {
    private final Duration servedFor;
    private final StrandIo io;
    private volatile OptionalLong untilNanos = OptionalLong.empty();

    ReadLease(Duration servedFor, StrandIo io) {
        this.servedFor = servedFor;
        this.io = io;
    }

    /** The oldest of the answers that reads rest on, or empty when reads may not be served whatever the time. */
    void restsOn(OptionalLong oldestAnswerNanos) {
        untilNanos = oldestAnswerNanos.isPresent()
                ? OptionalLong.of(oldestAnswerNanos.getAsLong() + servedFor.toNanos())
                : OptionalLong.empty();
    }

    boolean holds() {
        OptionalLong until = untilNanos;
        return until.isPresent() && io.nanos() - until.getAsLong() < 0;
    }
}
