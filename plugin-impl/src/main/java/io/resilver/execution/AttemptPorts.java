package io.resilver.execution;

import io.resilver.replica.StoreSite;
import io.resilver.spi.driver.RecoveryReport;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.policy.RecoveryPolicy;
import io.resilver.spi.storage.SourceVolume;

/** What an attempt lends to its execution. */
record AttemptPorts(Attempt attempt, LeaderContext context, Leader leader, StrandIo io, Session session)
        implements ExecutionPorts {
    @Override
    public SourceVolume source() {
        return context.store().source();
    }

    @Override
    public StoreSite target() {
        return attempt.target();
    }

    @Override
    public Planning planning() {
        return context.planning();
    }

    @Override
    public RecoveryPolicy policy() {
        return context.policy();
    }

    @Override
    public PinLedger ledger() {
        return context.ledger();
    }

    @Override
    public Meter meter() {
        return context.meter();
    }

    @Override
    public RetainedHistory history() throws RecoveryException {
        return leader.history();
    }

    @Override
    public boolean mayStartBulkStep() {
        return leader.mayStartBulkStep();
    }

    @Override
    public boolean isWrittenTo() {
        return leader.isWrittenTo();
    }

    @Override
    public void revoked(PinLedger.Held pin, long heldBytes, String why) {
        context.events().accept(new RecoveryEvent.PinRevoked(attempt.replica(), pin.request(), heldBytes, why));
    }

    @Override
    public Feeder feeder(ExecutionPins.HeldLog log, long fromLsn) {
        return new Feeder(
                session,
                io,
                attempt.target(),
                log,
                fromLsn,
                context.options().batchBytes(),
                leader::committedLsn,
                context.meter());
    }

    @Override
    public void ended(RecoveryException cause) {
        attempt.executionEnded(cause);
    }

    @Override
    public void completed(RecoveryReport report, Feeder feeder) {
        attempt.completed(report, feeder);
    }
}
