package io.resilver.rocksdb;

import io.resilver.rocksdb.engine.LogStream;
import io.resilver.rocksdb.engine.Update;
import io.resilver.rocksdb.engine.WalFile;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.storage.EntryCursor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads durable entries, each of which must begin where the one before it ended. */
final class LogCursor implements EntryCursor {
    private final RocksLogPin pin;
    private final Store.Live live;
    private final LogStream stream;
    /** The last LSN that was read, or the one to begin after. */
    private long position;

    private boolean begun;
    private Optional<Update> ahead = Optional.empty();
    private volatile boolean closed;

    LogCursor(RocksLogPin pin, Store.Live live, long afterLsn) throws RecoveryException {
        this.pin = pin;
        this.live = live;
        this.position = afterLsn;
        this.stream = live.engine().log();
    }

    @Override
    public EntryBatch next(long upToLsn, int maxBytes) throws RecoveryException {
        if (closed) {
            throw new PermanentException("the cursor is closed: open another one");
        }
        pin.checkHeld();
        try {
            EntryBatch batch = read(upToLsn, maxBytes);
            pin.checkHeld();
            return batch;
        } catch (RecoveryException e) {
            pin.checkHeld(); // released by somebody else, and trimmed or closed, while it was read
            throw e;
        }
    }

    private EntryBatch read(long upToLsn, int maxBytes) throws RecoveryException {
        Log.End flushed = live.log().flushed();
        Lineage lineage = flushed.lineage();
        long limit = Math.min(upToLsn, flushed.last().lsn());
        List<LogEntry> entries = new ArrayList<>();
        EntryId previous = Log.idAt(Math.min(position, flushed.last().lsn()), lineage);
        long bytes = 0;
        while (position < limit) {
            Update update = following(flushed.last().lsn());
            bytes += update.batch().remaining();
            if (update.lsn() > limit || (bytes > maxBytes && !entries.isEmpty())) {
                ahead = Optional.of(update);
                break;
            }
            if (entries.isEmpty()) {
                previous = Log.idAt(update.sequence() - 1, lineage);
            }
            long epoch = lineage.writerOf(update.lsn())
                    .map(LineageElement::epoch)
                    .orElseThrow(() -> damaged("entry " + update.lsn() + " is above no element of " + lineage));
            entries.add(new LogEntry(update.lsn(), epoch, update.batch()));
            position = update.lsn();
            begun = true;
        }
        return new EntryBatch(previous, entries, writersOf(entries, lineage));
    }

    /** The entry that begins just above the position; the first one may begin before it, and end above. */
    private Update following(long flushedLsn) throws RecoveryException {
        Optional<Update> next = ahead.isPresent() ? ahead : stream.next(position + 1);
        ahead = Optional.empty();
        Update update = next.orElseThrow(
                () -> damaged("the log is durable up to LSN " + flushedLsn + " and ends after " + position));
        if (begun ? update.sequence() != position + 1 : update.sequence() > position + 1) {
            throw damaged(
                    "the entry behind LSN " + position + " is missing: the next one begins at " + update.sequence());
        }
        return update;
    }

    private CorruptException damaged(String what) {
        String where = live.engine().directory().toString();
        try {
            for (WalFile file : live.engine().logFiles()) {
                if (file.start() <= position + 1) {
                    where = file.path().toString();
                }
            }
        } catch (RecoveryException unknown) {
            return new CorruptException(what, where, 0);
        }
        return new CorruptException(what, where, 0);
    }

    private static List<LineageElement> writersOf(List<LogEntry> entries, Lineage lineage) {
        List<LineageElement> writers = new ArrayList<>();
        long epoch = 0;
        for (LogEntry entry : entries) {
            if (entry.epoch() != epoch) {
                epoch = entry.epoch();
                lineage.writerOf(entry.lsn()).ifPresent(writers::add);
            }
        }
        return writers;
    }

    @Override
    public void close() {
        closed = true;
        stream.close();
    }
}
