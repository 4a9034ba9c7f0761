package io.resilver.execution;

import io.resilver.engine.SenderState;
import io.resilver.execution.scrub.Range;
import io.resilver.execution.scrub.ScrubPorts;
import io.resilver.runtime.HostRuntime;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.plan.PinRequest;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.Capability;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/** What a sender lends to its scrub. */
record SenderScrub(Sender sender, LeaderContext context, Leader leader, StrandIo strand) implements ScrubPorts {
    @Override
    public OptionalLong comparableLsn() {
        boolean fed = sender.state() == SenderState.KEEPING_UP || sender.state() == SenderState.IN_SYNC;
        OptionalLong committed = leader.committedLsn();
        return fed && committed.isPresent() && sender.keepUp().isPresent()
                ? OptionalLong.of(
                        Math.min(committed.getAsLong(), sender.keepUp().get().durableLsn()))
                : OptionalLong.empty();
    }

    @Override
    public boolean mayBegin() {
        return strand.callsOut() == 0
                && leader.mayStartBulkStep()
                && context.scheduler().active() == 0
                && context.scheduler().waiting() == 0;
    }

    @Override
    public boolean takeBytes(long bytes) {
        return context.scheduler().takeBytesNow(bytes);
    }

    @Override
    public void giveBytes(long bytes) {
        context.scheduler().giveBytes(bytes);
    }

    @Override
    public LogPin pinLog(long afterLsn) throws RecoveryException {
        LogPin pin = context.store().source().pinLog(afterLsn);
        return new Entered(
                pin, context.ledger().enter(sender.replica(), new PinRequest(PinRequest.Kind.LOG, afterLsn), pin));
    }

    @Override
    public boolean comparesImages() {
        return context.adapter().declares(Capability.SAME_IMAGE);
    }

    @Override
    public long holdCommitted() {
        return sender.keepUp().map(KeepUp::holdCommitted).orElse(0L);
    }

    @Override
    public void releaseCommitted() {
        sender.keepUp().ifPresent(KeepUp::releaseCommitted);
    }

    @Override
    public BasePin pinBase(long leastLsn) throws RecoveryException {
        BasePin pin = context.store().source().pinFullBase(leastLsn);
        return new EnteredBase(
                pin,
                context.ledger().enter(sender.replica(), new PinRequest(PinRequest.Kind.FULL_BASE, leastLsn), pin));
    }

    @Override
    public void ask(long question, Range.OfLog range) {
        sender.session().ifPresent(session -> session.digest(question, range));
    }

    @Override
    public void ask(long question, Range.OfImage range) {
        sender.keepUp().ifPresent(stream -> stream.tellCommitted(range.lsn()));
        sender.session().ifPresent(session -> session.digest(question, range));
    }

    @Override
    public <T> void io(Callable<T> call, Consumer<T> done, Consumer<RecoveryException> failed) {
        strand.run(call, done, failed);
    }

    @Override
    public void soon(Runnable task) {
        strand.strand().execute(task);
    }

    @Override
    public HostRuntime.Timer after(Duration delay, Runnable task) {
        return strand.after(delay, task);
    }

    @Override
    public long nanos() {
        return strand.nanos();
    }

    @Override
    public void tell(RecoveryEvent event) {
        context.events().accept(event);
    }

    @Override
    public void compared(long bytes) {
        context.meter().scrubbed(bytes);
    }

    /** A pin that is in the ledger for as long as it is held. */
    private record Entered(LogPin pin, PinLedger.Held held) implements LogPin {
        @Override
        public long afterLsn() {
            return pin.afterLsn();
        }

        @Override
        public void advance(long afterLsn) {
            pin.advance(afterLsn);
        }

        @Override
        public EntryCursor open(long afterLsn) throws RecoveryException {
            return pin.open(afterLsn);
        }

        @Override
        public long heldBytes() {
            return pin.heldBytes();
        }

        @Override
        public void close() {
            held.close();
        }
    }

    /** The same of an image. */
    private record EnteredBase(BasePin pin, PinLedger.Held held) implements BasePin {
        @Override
        public BaseDescriptor base() {
            return pin.base();
        }

        @Override
        public int read(long offset, ByteBuffer into) throws RecoveryException {
            return pin.read(offset, into);
        }

        @Override
        public long heldBytes() {
            return pin.heldBytes();
        }

        @Override
        public void close() {
            held.close();
        }
    }
}
