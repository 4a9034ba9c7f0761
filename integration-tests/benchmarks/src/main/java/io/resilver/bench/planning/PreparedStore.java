package io.resilver.bench.planning;

import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.SourceVolume;
import io.resilver.spi.storage.StagedInstall;
import io.resilver.spi.storage.VolumeStore;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** The primary's store of a volume, which answers at once: whatever is behind is behind by one small entry. */
final class PreparedStore implements VolumeStore, SourceVolume, ReplicaVolume {
    private static final int PAYLOAD_BYTES = 16;

    private final ReplicaId self;
    private final Facts facts;
    private final LineageElement writer;
    private final EntryBatch missing;

    PreparedStore(ReplicaId self, Facts facts) {
        this.self = self;
        this.facts = facts;
        List<LineageElement> terms = facts.history().lineage().orElseThrow().elements();
        writer = terms.get(terms.size() - 1);
        missing = new EntryBatch(
                new EntryId(facts.position().flushedLsn(), writer.epoch() - 1),
                List.of(new LogEntry(Facts.HEAD, writer.epoch(), ByteBuffer.allocate(PAYLOAD_BYTES))),
                List.of(writer));
    }

    @Override
    public ReplicaId replica() {
        return self;
    }

    @Override
    public SourceVolume source() {
        return this;
    }

    @Override
    public ReplicaVolume target() {
        return this;
    }

    @Override
    public void close() {}

    @Override
    public RetainedHistory history() {
        return facts.history();
    }

    @Override
    public LogPin pinLog(long afterLsn) {
        return new Held(afterLsn);
    }

    private final class Held implements LogPin, EntryCursor {
        private long afterLsn;

        Held(long afterLsn) {
            this.afterLsn = afterLsn;
        }

        @Override
        public long afterLsn() {
            return afterLsn;
        }

        @Override
        public void advance(long upToLsn) {
            afterLsn = Math.max(afterLsn, upToLsn);
        }

        @Override
        public EntryCursor open(long fromLsn) {
            return this;
        }

        @Override
        public EntryBatch next(long upToLsn, int maxBytes) {
            return missing;
        }

        @Override
        public long heldBytes() {
            return 0;
        }

        @Override
        public void close() {}
    }

    @Override
    public BasePin pinSnapshot(long checkpointLsn) {
        throw notPrepared();
    }

    @Override
    public BasePin pinFullBase(long leastLsn) {
        throw notPrepared();
    }

    @Override
    public AutoCloseable onAppend(Runnable listener) {
        return () -> {};
    }

    @Override
    public ReplicaPosition position() {
        return facts.position();
    }

    @Override
    public StoreIdentity identity() {
        throw notPrepared();
    }

    @Override
    public void identify(StoreIdentity identity) {
        throw notPrepared();
    }

    @Override
    public void markUnusable(String why) {
        throw notPrepared();
    }

    @Override
    public Optional<Epoch> promise() {
        throw notPrepared();
    }

    @Override
    public void promise(Epoch epoch) {
        throw notPrepared();
    }

    @Override
    public void append(EntryBatch batch) {
        throw notPrepared();
    }

    @Override
    public long flush() {
        return Facts.HEAD;
    }

    @Override
    public void committed(long lsn) {}

    @Override
    public void truncateTo(long lsn) {
        throw notPrepared();
    }

    @Override
    public StagedInstall beginInstall(BaseDescriptor base) {
        throw notPrepared();
    }

    private static UnsupportedOperationException notPrepared() {
        return new UnsupportedOperationException("a catch-up has no need of it");
    }
}
