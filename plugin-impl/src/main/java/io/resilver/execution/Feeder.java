package io.resilver.execution;

import io.resilver.replica.StoreSite;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The single feeder of a replica's stream (R19): reads the log through one pin and sends it, first up to a frozen target,
 * then, as keep-up, without end. There is never a second one, so there is no gap and no overlap in the hand-over. Used on
 * the strand; one read at a time.
 */
final class Feeder {
    /** Entries in one request: with their headers they stay below half a mebibyte beside their payload. */
    private static final int MOST_ENTRIES = 8_192;

    private final Session session;
    private final StrandIo io;
    private final StoreSite target;
    private final PinLedger.Held held;
    private final LogPin pin;
    private final int batchBytes;
    private final Supplier<OptionalLong> committed;
    private final Meter meter;
    private @Nullable EntryCursor cursor;
    private long sentLsn;
    private final ArrayDeque<EntryBatch> leftover = new ArrayDeque<>();
    private EntryId last = EntryId.NONE;
    private long durableLsn;
    private long letGoLsn;
    private OptionalLong toldCommitted = OptionalLong.empty();
    /** Nothing above it is told to be committed, while there is one. */
    private OptionalLong mostCommitted = OptionalLong.empty();

    private boolean busy;
    private boolean reading;
    private boolean closed;

    Feeder(
            Session session,
            StrandIo io,
            StoreSite target,
            ExecutionPins.HeldLog log,
            long fromLsn,
            int batchBytes,
            Supplier<OptionalLong> committed,
            Meter meter) {
        this.session = session;
        this.io = io;
        this.target = target;
        this.held = log.held();
        this.pin = log.pin();
        this.cursor = log.cursor().orElse(null);
        this.sentLsn = fromLsn;
        this.durableLsn = fromLsn;
        this.letGoLsn = fromLsn;
        this.batchBytes = batchBytes;
        this.committed = committed;
        this.meter = meter;
    }

    PinLedger.Held held() {
        return held;
    }

    long sentLsn() {
        return sentLsn;
    }

    /** What is wrong when the target reports more than this feeder sent. */
    PermanentException beyondSent(long lsn) {
        return new PermanentException(target + " reports LSN " + lsn + " as durable, more than was sent, " + sentLsn
                + ": somebody else feeds this store, or its adapter miscounts");
    }

    boolean busy() {
        return busy;
    }

    /** Who owes progress, when there is none though there is something to send. */
    String waitsFor() {
        return io.waitsFor()
                .orElseGet(() -> sentLsn > durableLsn
                        ? target + " made nothing durable"
                        : io.site() + " has read nothing after LSN " + sentLsn);
    }

    void durable(long lsn) {
        durableLsn = Math.max(durableLsn, lsn);
    }

    /**
     * Reads one batch up to a limit and sends it, when there is room for it.
     *
     * @param limitLsn inclusive
     * @param done takes what was sent; an empty batch at the end of what can be read
     * @param failed takes the failure; nothing was sent
     */
    void next(long limitLsn, Consumer<EntryBatch> done, Consumer<RecoveryException> failed) {
        busy = true;
        session.takeRoom(batchBytes, () -> readAndSend(limitLsn, done, failed));
    }

    private void readAndSend(long limitLsn, Consumer<EntryBatch> done, Consumer<RecoveryException> failed) {
        if (closed) {
            session.giveRoom(batchBytes);
            return;
        }
        long letGo = durableLsn;
        letGoLsn = letGo;
        reading = true;
        io.run(
                () -> read(limitLsn, letGo),
                batch -> {
                    busy = false;
                    reading = false;
                    if (closed) {
                        session.giveRoom(batchBytes);
                        closeCursor(); // the read that was under way has come back: nobody uses the cursor now
                    } else {
                        send(batch);
                        done.accept(batch);
                    }
                },
                cause -> {
                    busy = false;
                    reading = false;
                    session.giveRoom(batchBytes);
                    if (closed) {
                        closeCursor();
                    } else {
                        failed.accept(cause);
                    }
                });
    }

    private EntryBatch read(long limitLsn, long letGo) throws RecoveryException {
        pin.advance(letGo);
        EntryCursor reader = cursor;
        if (reader == null) {
            if (pin.afterLsn() > sentLsn) {
                throw new LogTrimmedException("the log after LSN " + sentLsn + " is not held any more", pin.afterLsn());
            }
            reader = pin.open(sentLsn);
            cursor = reader;
        }
        if (leftover.isEmpty()) {
            leftover.addAll(parts(reader.next(limitLsn, batchBytes), limitLsn));
        }
        EntryBatch next = leftover.poll();
        return next == null ? new EntryBatch(last, List.of(), List.of()) : next;
    }

    private void send(EntryBatch batch) {
        if (batch.isEmpty()) {
            session.giveRoom(batchBytes);
            return;
        }
        long bytes = batch.payloadBytes();
        OptionalLong tell = toTell();
        session.append(batch, tell, batchBytes);
        toldCommitted = tell;
        sentLsn = batch.last().lsn();
        last = batch.last();
        meter.sent(batch.entries().size(), bytes);
    }

    /**
     * Lets go of what the target has durably where no read does so: a volume that nobody writes to any more must not keep
     * its log (R20). Call it only while nothing is being read.
     *
     * @param done called when the pin was advanced; not called when there is nothing to let go of
     */
    void letGo(Runnable done) {
        if (closed || busy || durableLsn == letGoLsn) {
            return;
        }
        long upTo = durableLsn;
        letGoLsn = upTo;
        busy = true;
        io.run(
                () -> {
                    pin.advance(upTo);
                    return upTo;
                },
                advanced -> {
                    busy = false;
                    done.run();
                },
                broken -> {
                    busy = false; // a pin that cannot be advanced is found by the next read, or costs too much one day
                    done.run();
                });
    }

    /** Tells the target what is committed when nothing else carries it. */
    void tellCommitted() {
        OptionalLong tell = toTell();
        if (!closed && tell.isPresent() && !tell.equals(toldCommitted) && last.lsn() == sentLsn) {
            toldCommitted = tell;
            session.append(new EntryBatch(last, List.of(), List.of()), tell, 0);
        }
    }

    /** Tells of no more than was told already, until it is released; answers what that is, 0 for nothing. */
    long holdCommitted() {
        long told = toldCommitted.orElse(0);
        mostCommitted = OptionalLong.of(told);
        return told;
    }

    /** Tells of what is committed up to an LSN, now and until it is released. */
    void tellCommitted(long upToLsn) {
        mostCommitted = OptionalLong.of(upToLsn);
        tellCommitted();
    }

    /** Tells of all that is committed again; false when it did so already. */
    boolean releaseCommitted() {
        boolean held = mostCommitted.isPresent();
        mostCommitted = OptionalLong.empty();
        return held;
    }

    private OptionalLong toTell() {
        OptionalLong now = committed.get();
        if (now.isEmpty() || mostCommitted.isEmpty()) {
            return now;
        }
        long most = Math.min(now.getAsLong(), mostCommitted.getAsLong());
        return most == 0 ? OptionalLong.empty() : OptionalLong.of(most);
    }

    /** Ends feeding and releases the pin. Idempotent. */
    void close() {
        if (!closed) {
            closed = true;
            if (!reading) {
                closeCursor();
            }
            held.close();
        }
    }

    private void closeCursor() {
        EntryCursor open = cursor;
        if (open != null) {
            held.close(open);
        }
    }

    /** What was read, in parts of a bounded number of entries: many small ones make a frame larger than their payload. */
    private List<EntryBatch> parts(EntryBatch batch, long limitLsn) throws RecoveryException {
        if (batch.isEmpty()) {
            return List.of();
        }
        boolean follows = last.equals(EntryId.NONE)
                ? batch.previous().lsn() == sentLsn
                : batch.previous().equals(last);
        if (!follows) {
            throw new PermanentException("the log read after "
                    + (last.equals(EntryId.NONE) ? "LSN " + sentLsn : last.toString()) + " begins after "
                    + batch.previous() + ": the adapter's cursor left a gap");
        }
        if (batch.last().lsn() > limitLsn) {
            throw new PermanentException("the log read up to LSN " + limitLsn + " ends at " + batch.last()
                    + ": the adapter's cursor went too far");
        }
        if (batch.entries().size() <= MOST_ENTRIES) {
            return List.of(batch);
        }
        List<EntryBatch> parts = new ArrayList<>();
        EntryId previous = batch.previous();
        for (int from = 0; from < batch.entries().size(); from += MOST_ENTRIES) {
            int to = Math.min(batch.entries().size(), from + MOST_ENTRIES);
            EntryBatch part = part(previous, batch.entries().subList(from, to), batch.writers());
            parts.add(part);
            previous = part.last();
        }
        return parts;
    }

    private static EntryBatch part(EntryId previous, List<LogEntry> entries, List<LineageElement> writers) {
        long first = entries.get(0).epoch();
        long end = entries.get(entries.size() - 1).epoch();
        return new EntryBatch(
                previous,
                entries,
                writers.stream()
                        .filter(each -> each.epoch() >= first && each.epoch() <= end)
                        .toList());
    }
}
