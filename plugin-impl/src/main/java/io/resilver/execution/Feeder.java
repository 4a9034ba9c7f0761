package io.resilver.execution;

import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import java.nio.ByteBuffer;
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
    private final Session session;
    private final StrandIo io;
    private final PinLedger.Held held;
    private final LogPin pin;
    private final int batchBytes;
    private final Supplier<OptionalLong> committed;
    private final Meter meter;
    private @Nullable EntryCursor cursor;
    private long sentLsn;
    private EntryId last = EntryId.NONE;
    private long durableLsn;
    private OptionalLong toldCommitted = OptionalLong.empty();
    private boolean busy;
    private boolean closed;

    Feeder(
            Session session,
            StrandIo io,
            PinLedger.Held held,
            LogPin pin,
            long fromLsn,
            int batchBytes,
            Supplier<OptionalLong> committed,
            Meter meter) {
        this.session = session;
        this.io = io;
        this.held = held;
        this.pin = pin;
        this.sentLsn = fromLsn;
        this.durableLsn = fromLsn;
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

    boolean busy() {
        return busy;
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
        takeRoom(limitLsn, done, failed);
    }

    private void takeRoom(long limitLsn, Consumer<EntryBatch> done, Consumer<RecoveryException> failed) {
        if (closed) {
            return;
        }
        if (session.takeRoom(batchBytes, () -> takeRoom(limitLsn, done, failed))) {
            long letGo = durableLsn;
            io.run(
                    () -> read(limitLsn, letGo),
                    batch -> {
                        busy = false;
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
                        session.giveRoom(batchBytes);
                        if (closed) {
                            closeCursor();
                        } else {
                            failed.accept(cause);
                        }
                    });
        }
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
        return owned(reader.next(limitLsn, batchBytes));
    }

    private void send(EntryBatch batch) {
        long bytes = batch.payloadBytes();
        session.giveRoom(batchBytes - bytes); // room was taken for a full batch; one large entry may need more
        if (batch.isEmpty()) {
            return;
        }
        OptionalLong tell = committed.get();
        session.append(batch, tell);
        toldCommitted = tell;
        sentLsn = batch.last().lsn();
        last = batch.last();
        meter.sent(batch.entries().size(), bytes);
    }

    /** Tells the target what is committed when nothing else carries it. */
    void tellCommitted() {
        OptionalLong tell = committed.get();
        if (!closed && tell.isPresent() && !tell.equals(toldCommitted) && last.lsn() == sentLsn) {
            toldCommitted = tell;
            session.append(new EntryBatch(last, List.of(), List.of()), tell);
        }
    }

    /** Ends feeding and releases the pin. Idempotent. */
    void close() {
        if (!closed) {
            closed = true;
            if (!busy) {
                closeCursor();
            }
            held.close();
        }
    }

    private void closeCursor() {
        if (cursor != null) {
            cursor.close();
        }
    }

    /** A copy that outlives the cursor's next read: a request owns its buffers. */
    private EntryBatch owned(EntryBatch batch) throws RecoveryException {
        if (batch.isEmpty()) {
            return batch;
        }
        if (batch.previous().lsn() != sentLsn) {
            throw new PermanentException("the log read after LSN " + sentLsn + " begins after " + batch.previous()
                    + ": the adapter's cursor left a gap");
        }
        ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(batch.payloadBytes()));
        List<LogEntry> entries = new ArrayList<>(batch.entries().size());
        for (LogEntry entry : batch.entries()) {
            int from = all.position();
            all.put(entry.payload().duplicate());
            entries.add(new LogEntry(entry.lsn(), entry.epoch(), all.slice(from, all.position() - from)));
        }
        return new EntryBatch(batch.previous(), entries, batch.writers());
    }
}
