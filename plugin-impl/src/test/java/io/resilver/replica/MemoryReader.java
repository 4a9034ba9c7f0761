package io.resilver.replica;

import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.SourceVolume;
import io.resilver.spi.storage.VolumeStore;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The reading side of a {@link MemoryVolume}: its durable log, and how many pins are held on it. */
final class MemoryReader implements SourceVolume {
    static final int RANGE_BYTES = 100;

    /** As long as a primary's image in the tests of terms. */
    static final long IMAGE_BYTES = 499;

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

    /** An image of what the volume was told to be committed; its bytes follow from the LSN. */
    @Override
    public BasePin pinFullBase(long leastLsn) throws RecoveryException {
        volume.read("pinFullBase " + leastLsn);
        long lsn = volume.committed().orElse(0);
        if (lsn < leastLsn) {
            throw new RetriableException("the image is at LSN " + lsn, Duration.ZERO);
        }
        volume.pins++;
        return new Image(new BaseDescriptor(lsn, volume.lineage().upTo(lsn), IMAGE_BYTES, RANGE_BYTES));
    }

    @Override
    public AutoCloseable onAppend(Runnable listener) {
        return () -> {};
    }

    private final class Image implements BasePin {
        private final BaseDescriptor base;
        private boolean closed;

        Image(BaseDescriptor base) {
            this.base = base;
        }

        @Override
        public BaseDescriptor base() {
            return base;
        }

        @Override
        public int read(long offset, ByteBuffer into) throws RecoveryException {
            volume.read("read image at " + offset);
            int start = into.position();
            for (long at = offset; into.hasRemaining() && at < base.sizeBytes(); at++) {
                into.put((byte) (at == volume.rottenAt ? 0x55 : base.lsn() + at));
            }
            return into.position() - start;
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
