package io.resilver.host;

import io.resilver.replica.MemoryVolume;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.SourceVolume;
import io.resilver.spi.storage.VolumeStore;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** One store in memory from both sides; its log is kept whole, so that nothing needs a base. */
record WorldStore(ReplicaId replica, MemoryVolume volume) implements VolumeStore, SourceVolume {
    private static final int PAYLOAD = 8;

    /** The next entry of a writer, which is not appended yet. */
    EntryBatch next(LineageElement writer, int gap) {
        long lsn = volume.last().lsn() + gap;
        LogEntry entry = new LogEntry(lsn, writer.epoch(), ByteBuffer.allocate(PAYLOAD));
        return new EntryBatch(volume.last(), List.of(entry), List.of(writer));
    }

    @Override
    public SourceVolume source() {
        return this;
    }

    @Override
    public ReplicaVolume target() {
        return volume;
    }

    @Override
    public RetainedHistory history() {
        return new RetainedHistory(
                volume.last().lsn(), 0, OptionalLong.empty(), 0, false, Optional.of(volume.lineage()));
    }

    @Override
    public LogPin pinLog(long afterLsn) {
        return new LogPin() {
            @Override
            public long afterLsn() {
                return afterLsn;
            }

            @Override
            public void advance(long further) {}

            @Override
            public EntryCursor open(long from) {
                return cursor(from);
            }

            @Override
            public long heldBytes() {
                return 0;
            }

            @Override
            public void close() {}
        };
    }

    private EntryCursor cursor(long from) {
        return new EntryCursor() {
            private long at = from;

            @Override
            public EntryBatch next(long upToLsn, int maxBytes) {
                EntryBatch all = volume.batch(at, upToLsn);
                int most = Math.min(all.entries().size(), Math.max(1, maxBytes / PAYLOAD));
                EntryBatch some = new EntryBatch(all.previous(), all.entries().subList(0, most), all.writers());
                at = some.last().lsn();
                return some;
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public BasePin pinSnapshot(long checkpointLsn) throws RecoveryException {
        throw new ResourceExhaustedException("there is no checkpoint", "image");
    }

    @Override
    public BasePin pinFullBase(long leastLsn) throws RecoveryException {
        throw new ResourceExhaustedException("there is no image", "image");
    }

    @Override
    public AutoCloseable onAppend(Runnable listener) {
        return () -> {};
    }

    @Override
    public void close() {}
}
