package io.resilver.execution.scrub;

import io.resilver.replica.link.Response;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import java.time.Duration;
import java.util.concurrent.Callable;

/**
 * What a pass goes over, range by range: the log, or the image. It has the cursor, and knows how a range is read, asked about
 * and judged; the turn, the pace and the time are {@link ReplicaScrub}'s. Lives on the term's strand.
 */
interface Course {
    /** A pass begins: from the beginning. */
    void begin();

    /**
     * Whether something can be compared now.
     *
     * @param comparableLsn both have the same entries up to there, for ever
     * @return whether there is a range to begin with
     */
    boolean isDue(long comparableLsn);

    /**
     * How the next range is read; not called before something is due.
     *
     * @param comparableLsn as it is now
     * @return runs on the I/O executor
     */
    Callable<Range> reading(long comparableLsn);

    /** Whether a range that was read may be asked about. */
    Verdict read(Range range, long comparableLsn);

    /** Asks the replica about it. */
    void ask(long question, Range range);

    /** Whether the replica's answer is to this kind of question, and says the same. */
    boolean isSame(Range range, Response theirs);

    /** Tells of a range that differs. */
    void differs(Range range, Response theirs, Findings findings);

    /** Goes on behind a range. */
    void pass(Range range);

    /** What was asked for is gone on one side: whether the cursor went over it. */
    boolean skips(RecoveryException cause);

    /** Tells of what this host cannot read; whether the course goes on behind it. */
    boolean corrupt(ReplicaId self, CorruptException cause, Findings findings);

    /** Whether a failure ends the course for this pass. */
    boolean isGivenUpAfter(RecoveryException cause);

    /** Whether the course went over all that it could ever go over. */
    boolean isComplete();

    /** Whether the cursor is at the end. */
    boolean isOver();

    /** How long an answer is waited for, and a reading may hold something up. */
    Duration patience();

    /** Nothing is under way any more. Idempotent. */
    void release();

    /** What a range that was read is good for. */
    enum Verdict {
        /** The replica can be asked about it. */
        ASK,
        /** The replica has not got so far, or nobody can tell. */
        NOT_NOW,
        /** Nothing was left to read. */
        END
    }
}
