package io.resilver.replica;

import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.SourceVolume;
import io.resilver.spi.storage.VolumeStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The reading side of a {@link MemoryVolume}: its durable log, and how many pins are held on it. */
final class MemoryReader implements SourceVolume {
    private final MemoryVolume volume;

    MemoryReader(MemoryVolume volume) {
        this.volume = volume;
    }

    /** Both sides of a volume in memory. */
    record Store(ReplicaId replica, MemoryVolume target) implements VolumeStore {
        @Override
        public SourceVolume source() {
            return new MemoryReader(target);
        }

        @Override
        public void close() {}
    }

    @Override
    public RetainedHistory history() {
        return new RetainedHistory(
                volume.last().lsn(), 0, OptionalLong.empty(), 0, false, Optional.of(volume.lineage()));
    }

    @Override
    public LogPin pinLog(long afterLsn) throws RecoveryException {
        volume.read("pinLog " + afterLsn);
        if (afterLsn < volume.durableBase().lsn()) {
            throw new LogTrimmedException(
                    "the log begins after " + volume.durableBase(),
                    volume.durableBase().lsn());
        }
        volume.pins++;
        return new Pin(afterLsn);
    }

    @Override
    public BasePin pinSnapshot(long checkpointLsn) throws RecoveryException {
        throw new PermanentException("there is no snapshot");
    }

    @Override
    public BasePin pinFullBase(long leastLsn) throws RecoveryException {
        throw new PermanentException("there is no base");
    }

    @Override
    public AutoCloseable onAppend(Runnable listener) {
        return () -> {};
    }

    private final class Pin implements LogPin {
        private final long afterLsn;
        private boolean closed;

        Pin(long afterLsn) {
            this.afterLsn = afterLsn;
        }

        @Override
        public long afterLsn() {
            return afterLsn;
        }

        @Override
        public void advance(long further) {}

        @Override
        public EntryCursor open(long from) {
            return new Cursor(from);
        }

        @Override
        public long heldBytes() {
            return 0;
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                volume.pins--;
            }
        }
    }

    private final class Cursor implements EntryCursor {
        private long at;

        Cursor(long at) {
            this.at = at;
        }

        @Override
        public EntryBatch next(long upToLsn, int maxBytes) throws RecoveryException {
            volume.read("read after " + at);
            EntryBatch all = volume.durableBatch(at, upToLsn);
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
            return next;
        }

        @Override
        public void close() {}
    }
}
