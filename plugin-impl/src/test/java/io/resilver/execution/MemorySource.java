package io.resilver.execution;

import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.Pin;
import io.resilver.spi.storage.SourceVolume;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.UnaryOperator;

/** A primary's log, image and pins in memory; its LSNs skip numbers. Writes down what is called, and counts what is open. */
final class MemorySource implements SourceVolume {
    static final int RANGE_BYTES = 100;
    static final int RANGES = 5;
    static final int STEP = 3;

    final List<String> calls = new ArrayList<>();
    final Set<Pin> pins = new HashSet<>();
    int openCursors;
    /** Pins that were closed more than once. */
    int closedAgain;
    /** Runs inside of each call, before it does anything; may throw, trim or append. */
    Hook hook = call -> {};
    /** What every pin says that it holds back. */
    long heldBytes;
    /** The log that a cursor shows ends here, whatever was appended: an adapter that reads short. */
    long readableTo = Long.MAX_VALUE;

    /** What a cursor makes of what it has read. */
    UnaryOperator<EntryBatch> tells = UnaryOperator.identity();

    /** How many bytes of a range are read at most. */
    int readsAtMost = Integer.MAX_VALUE;

    /** Where its snapshots are, when not where it is asked. */
    OptionalLong pinsSnapshotsAt = OptionalLong.empty();

    /** Which of what must not fail throws: "heldBytes", "close pin" or "close cursor". */
    String bug = "none";

    /** How many ranges its image has. */
    int ranges = RANGES;

    /** Where its image is, when not at the head. */
    OptionalLong imageLsn = OptionalLong.empty();

    private final List<LogEntry> log = new ArrayList<>();
    private Lineage lineage = Lineage.EMPTY;
    private long tail;
    private long checkpoint;

    interface Hook {
        void before(String call) throws RecoveryException;
    }

    /** Appends entries of a writer; answers the head. */
    long append(Epoch writer, int count) {
        if (lineage.last().map(each -> each.epoch() < writer.number()).orElse(true)) {
            lineage = lineage.then(LineageElement.of(writer, head() + 1));
        }
        for (int i = 0; i < count; i++) {
            long lsn = head() + STEP;
            log.add(new LogEntry(
                    lsn, writer.number(), ByteBuffer.wrap(("entry " + lsn).getBytes(StandardCharsets.UTF_8))));
        }
        return head();
    }

    long head() {
        return log.isEmpty() ? 0 : log.get(log.size() - 1).lsn();
    }

    List<EntryId> ids() {
        return log.stream().map(LogEntry::id).toList();
    }

    Lineage lineage() {
        return lineage;
    }

    void checkpoint(long lsn) {
        checkpoint = lsn;
    }

    /** Trims as far as the pins allow. */
    void trim(long lsn) {
        long held = pins.stream()
                .filter(LogPin.class::isInstance)
                .mapToLong(pin -> ((LogPin) pin).afterLsn())
                .min()
                .orElse(Long.MAX_VALUE);
        tail = Math.max(tail, Math.min(lsn, held));
    }

    /** The entries after one LSN up to another, as another store would hold them. */
    EntryBatch batch(long afterLsn, long upToLsn) {
        List<LogEntry> found = log.stream()
                .filter(each -> each.lsn() > afterLsn && each.lsn() <= upToLsn)
                .toList();
        EntryId previous = log.stream()
                .map(LogEntry::id)
                .filter(each -> each.lsn() <= afterLsn)
                .reduce(EntryId.NONE, (first, second) -> second);
        return new EntryBatch(previous, found, lineage.elements());
    }

    private void mayThrow(String what) {
        if (bug.equals(what)) {
            throw new LinkageError("an adapter with a bug");
        }
    }

    private void call(String what) throws RecoveryException {
        calls.add(what);
        hook.before(what);
    }

    @Override
    public RetainedHistory history() throws RecoveryException {
        call("history");
        return new RetainedHistory(
                head(), tail, OptionalLong.empty(), checkpoint, checkpoint > 0, Optional.of(lineage), imageLsn);
    }

    @Override
    public LogPin pinLog(long afterLsn) throws RecoveryException {
        call("pinLog " + afterLsn);
        if (afterLsn < tail) {
            throw new LogTrimmedException("the log begins after LSN " + tail, tail);
        }
        return new Log(afterLsn);
    }

    @Override
    public BasePin pinSnapshot(long checkpointLsn) throws RecoveryException {
        call("pinSnapshot " + checkpointLsn);
        return new Base(pinsSnapshotsAt.orElse(checkpointLsn));
    }

    @Override
    public BasePin pinFullBase(long leastLsn) throws RecoveryException {
        call("pinFullBase " + leastLsn);
        if (leastLsn > imageLsn.orElse(head())) {
            throw new ResourceExhaustedException("no base at LSN " + leastLsn, "image");
        }
        return new Base(imageLsn.orElse(head()));
    }

    @Override
    public AutoCloseable onAppend(Runnable listener) {
        return () -> {};
    }

    private abstract class Counted implements Pin {
        Counted() {
            pins.add(this);
        }

        @Override
        public long heldBytes() {
            mayThrow("heldBytes");
            return heldBytes;
        }

        @Override
        public void close() {
            calls.add("close " + this);
            if (!pins.remove(this)) {
                closedAgain++;
            }
            mayThrow("close pin");
        }
    }

    private final class Log extends Counted implements LogPin {
        private long after;

        Log(long after) {
            this.after = after;
        }

        @Override
        public long afterLsn() {
            return after;
        }

        @Override
        public void advance(long afterLsn) {
            after = Math.max(after, afterLsn);
        }

        @Override
        public EntryCursor open(long afterLsn) throws RecoveryException {
            call("open " + afterLsn);
            openCursors++;
            return new EntryCursor() {
                private long at = afterLsn;

                @Override
                public EntryBatch next(long upToLsn, int maxBytes) throws RecoveryException {
                    call("next after " + at);
                    EntryBatch all = batch(at, Math.min(upToLsn, readableTo));
                    List<LogEntry> some = new ArrayList<>();
                    long bytes = 0;
                    for (LogEntry entry : all.entries()) {
                        bytes += entry.payload().remaining();
                        if (!some.isEmpty() && bytes > maxBytes) {
                            break;
                        }
                        some.add(entry);
                    }
                    EntryBatch next = new EntryBatch(all.previous(), some, all.writers());
                    at = next.last().lsn();
                    return tells.apply(next);
                }

                @Override
                public void close() {
                    openCursors--;
                    mayThrow("close cursor");
                }
            };
        }

        @Override
        public String toString() {
            return "LOG@" + after;
        }
    }

    /** A range of its image at an LSN. */
    byte[] range(long lsn, int index) {
        byte[] bytes = new byte[index == ranges - 1 ? RANGE_BYTES - 1 : RANGE_BYTES];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (lsn + (long) index * RANGE_BYTES + i);
        }
        return bytes;
    }

    private final class Base extends Counted implements BasePin {
        private final BaseDescriptor base;

        Base(long lsn) {
            base = new BaseDescriptor(lsn, lineage.upTo(lsn), (long) ranges * RANGE_BYTES - 1, RANGE_BYTES);
        }

        @Override
        public BaseDescriptor base() {
            describe();
            return base;
        }

        private void describe() {
            try {
                hook.before("describe");
            } catch (RecoveryException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public int read(long offset, ByteBuffer into) throws RecoveryException {
            call("read base at " + offset);
            int start = into.position();
            into.limit(Math.min(into.limit(), start + readsAtMost));
            for (long at = offset; into.hasRemaining() && at < base.sizeBytes(); at++) {
                into.put((byte) (base.lsn() + at));
            }
            return into.position() - start;
        }

        @Override
        public String toString() {
            return "BASE@" + base.lsn();
        }
    }
}
