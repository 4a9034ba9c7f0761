package io.resilver.rocksdb;

import io.resilver.host.disk.Health;
import io.resilver.rocksdb.engine.Engine;
import io.resilver.rocksdb.engine.LogStream;
import io.resilver.rocksdb.engine.Update;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import java.io.IOException;
import java.util.Optional;

/**
 * The log of one generation: what was appended to it, and what of that is durable. Appending is one at a time, under the store's
 * change lock; everything else may go on beside it.
 */
final class Log {
    /** Where the log ends, and who wrote it. */
    record End(EntryId last, Lineage lineage) {
        static End of(long lsn, Lineage lineage) {
            return new End(idAt(lsn, lineage), lineage);
        }
    }

    private final Engine engine;
    private final Health health;
    private final LogMarks marks;
    private volatile End appended;
    private volatile End flushed;

    private Log(Engine engine, Health health, LogMarks marks, End end) {
        this.engine = engine;
        this.health = health;
        this.marks = marks;
        this.appended = end;
        this.flushed = end;
    }

    /** The log of a database that was just opened: all of it is durable. */
    static Log of(Engine engine, Health health) throws RecoveryException {
        return new Log(engine, health, new LogMarks(engine.logFiles()), End.of(engine.latest(), engine.lineage()));
    }

    /** The entry that ends at an LSN, by who wrote it. */
    static EntryId idAt(long lsn, Lineage lineage) {
        return lineage.writerOf(lsn)
                .map(writer -> new EntryId(lsn, writer.epoch()))
                .orElse(EntryId.NONE);
    }

    End appended() {
        return appended;
    }

    End flushed() {
        return flushed;
    }

    LogMarks marks() {
        return marks;
    }

    /** Appends an entry, whose bytes were looked through, name the writer that it begins, and follow the last one. Within a change. */
    void append(EntryId id, Optional<LineageElement> begun, byte[] bytes) throws RecoveryException {
        End before = appended;
        long at;
        try {
            at = engine.write(bytes);
        } catch (RecoveryException e) {
            failed(e); // of a batch that failed nobody knows what is in the log
            throw e;
        }
        if (at != id.lsn()) {
            PermanentException wrong =
                    new PermanentException("entry " + id + " behind " + before.last() + " ends at sequence number " + at
                            + ": something else writes to the database in " + engine.directory());
            failed(wrong);
            throw wrong;
        }
        appended = new End(id, begun.map(before.lineage()::then).orElse(before.lineage()));
        marks.appended(id.lsn(), bytes.length);
    }

    /**
     * Makes durable what was appended before the call.
     *
     * @return whether anything was
     */
    boolean flush() throws RecoveryException {
        End wanted = appended;
        if (wanted.last().lsn() <= flushed.last().lsn()) {
            return false;
        }
        try {
            engine.sync();
        } catch (RecoveryException e) {
            failed(e);
            throw e;
        }
        synchronized (this) {
            if (wanted.last().lsn() > flushed.last().lsn()) {
                flushed = wanted;
            }
        }
        return true;
    }

    private void failed(RecoveryException e) {
        if (!engine.isClosed()) {
            health.fail(new IOException(e));
        }
    }

    /** Whether an entry of the log, above its tail, ends at an LSN. Reads the log. */
    boolean endsAt(long lsn) throws RecoveryException {
        try (LogStream stream = engine.log()) {
            Optional<Update> there = stream.next(lsn);
            return there.isPresent() && there.get().lsn() == lsn;
        }
    }
}
