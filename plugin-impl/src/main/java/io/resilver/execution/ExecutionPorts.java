package io.resilver.execution;

import io.resilver.replica.StoreSite;
import io.resilver.spi.driver.RecoveryReport;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.policy.RecoveryPolicy;
import io.resilver.spi.storage.SourceVolume;

/** What an execution works with; its sender lends it. All calls are made on the strand. */
interface ExecutionPorts {
    StrandIo io();

    Session session();

    SourceVolume source();

    /** The target's store, as the fence named it. */
    StoreSite target();

    Planning planning();

    RecoveryPolicy policy();

    PinLedger ledger();

    Meter meter();

    /** The history with the leader's own boundary in place of the store's bound; blocks, called on the I/O executor. */
    RetainedHistory history() throws RecoveryException;

    /** Whether the host holds a valid lease (R38). */
    boolean mayStartBulkStep();

    /** Whether the volume's own writer has made something durable within the last second. */
    boolean isWrittenTo();

    /** A pin was revoked for its cost. */
    void revoked(PinLedger.Held pin, long heldBytes, String why);

    /** A feeder on this session over a pin in the ledger. */
    Feeder feeder(ExecutionPins.HeldLog log, long fromLsn);

    /** The execution failed or was cancelled; its pins are released already. The session ends. */
    void ended(RecoveryException cause);

    /** The execution is complete; the feeder goes on as keep-up. */
    void completed(RecoveryReport report, Feeder feeder);
}
