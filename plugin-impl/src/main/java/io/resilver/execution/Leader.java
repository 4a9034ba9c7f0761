package io.resilver.execution;

import io.resilver.engine.Standing;
import io.resilver.replica.link.Response;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.RetainedHistory;
import java.util.OptionalLong;

/** What senders ask and tell the term that they serve. All calls are made on the strand, but where it says otherwise. */
interface Leader {
    /** The history with the leader's boundary as committed; blocks, on the I/O executor. */
    RetainedHistory history() throws RecoveryException;

    OptionalLong committedLsn();

    /** Whether a commit may rest on the replica. */
    Standing standing(ReplicaId replica);

    long headLsn();

    boolean mayStartBulkStep();

    /** Whether the volume's own writer has made something durable within the last second. */
    boolean isWrittenTo();

    /** The replica has promised this term's epoch. */
    void fenced(Sender sender);

    /** A replica knows all up to this LSN to be committed, and the source's log is known to agree with it up to there. */
    void heardCommitted(long lsn);

    /** The replica is fed at the head from this LSN on. */
    void keepingUp(Sender sender, long durableLsn);

    void durable(Sender sender, long lsn);

    /** The session is over: the replica counts for nothing until it is counted again. */
    void sessionEnded(Sender sender);

    /** The replica holds acknowledged entries that this primary lacks (R33). */
    void sourceIncomplete(Sender sender);

    /** The replica has promised a higher epoch, or this one with another mint. */
    void refused(Sender sender, Response.Refused refused);
}
