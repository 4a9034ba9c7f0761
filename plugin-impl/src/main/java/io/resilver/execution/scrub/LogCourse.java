package io.resilver.execution.scrub;

import io.resilver.replica.LogDigest;
import io.resilver.replica.link.Response;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.Callable;

/** The committed log, from the tail to what was comparable when the pass began. */
final class LogCourse implements Course {
    /** Entries of one range: many small ones are as much work as few large ones. */
    static final int RANGE_ENTRIES = 8_192;

    /** A replica that answers everything else and not this is asked again later. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ScrubPorts ports;
    private final int rangeBytes;
    private long cursor;
    private OptionalLong end = OptionalLong.empty();
    private long readUpTo;
    private boolean complete;

    LogCourse(ScrubPorts ports, int rangeBytes) {
        this.ports = ports;
        this.rangeBytes = rangeBytes;
    }

    long cursor() {
        return cursor;
    }

    @Override
    public void begin() {
        cursor = 0;
        end = OptionalLong.empty();
        complete = true;
    }

    @Override
    public boolean isDue(long comparableLsn) {
        if (end.isEmpty()) {
            end = OptionalLong.of(comparableLsn);
        }
        return cursor < comparableLsn;
    }

    @Override
    public Callable<Range> reading(long comparableLsn) {
        long after = cursor;
        long upTo = Math.min(end.orElse(comparableLsn), comparableLsn);
        readUpTo = upTo;
        return () -> digest(after, upTo);
    }

    private Range digest(long after, long upTo) throws RecoveryException {
        LogDigest digest = new LogDigest(after);
        try (LogPin pin = ports.pinLog(after);
                EntryCursor reader = pin.open(after)) {
            digest.add(reader.next(upTo, rangeBytes), RANGE_ENTRIES);
        }
        return new Range.OfLog(after, digest.lastLsn(), digest.entries(), digest.bytes(), digest.value());
    }

    @Override
    public Verdict read(Range range, long comparableLsn) {
        return range instanceof Range.OfLog log && log.entries() > 0 ? Verdict.ASK : Verdict.END;
    }

    @Override
    public void ask(long question, Range range) {
        if (range instanceof Range.OfLog log) {
            ports.ask(question, log);
        }
    }

    @Override
    public boolean isSame(Range range, Response theirs) {
        return range instanceof Range.OfLog log
                && theirs instanceof Response.LogDigest digest
                && digest.entries() == log.entries()
                && digest.digest().equals(log.digest());
    }

    @Override
    public void differs(Range range, Response theirs, Findings findings) {
        if (range instanceof Range.OfLog log && theirs instanceof Response.LogDigest digest) {
            findings.differs(log, digest.digest());
        }
    }

    @Override
    public void pass(Range range) {
        if (range instanceof Range.OfLog log) {
            cursor = log.upToLsn();
        }
    }

    @Override
    public boolean skips(RecoveryException cause) {
        if (cause instanceof LogTrimmedException trimmed && trimmed.oldestLsn() > cursor) {
            cursor = trimmed.oldestLsn();
            return true;
        }
        return false;
    }

    /** Where the log goes on behind it cannot be read either. */
    @Override
    public boolean corrupt(ReplicaId self, CorruptException cause, Findings findings) {
        findings.corrupt(self, cursor, readUpTo, cause);
        return false;
    }

    @Override
    public boolean isGivenUpAfter(RecoveryException cause) {
        complete &= !(cause instanceof PermanentException);
        return !complete;
    }

    @Override
    public boolean isComplete() {
        return complete;
    }

    @Override
    public boolean isOver() {
        return end.isPresent() && cursor >= end.getAsLong();
    }

    @Override
    public Duration patience() {
        return PATIENCE;
    }

    @Override
    public void release() {}
}
