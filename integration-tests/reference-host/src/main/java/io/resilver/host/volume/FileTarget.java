package io.resilver.host.volume;

import io.resilver.host.volume.image.BlockWrite;
import io.resilver.host.volume.log.Appended;
import io.resilver.host.volume.log.Continuation;
import io.resilver.host.volume.meta.Meta;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.TruncationUnsafeException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.StagedInstall;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;

/** The changing side of a store. */
final class FileTarget implements ReplicaVolume {
    private final Store store;
    private final Checkpoints checkpoints;
    private final FileSource source;
    private volatile Optional<FileInstall> install = Optional.empty();

    FileTarget(Store store, Checkpoints checkpoints, FileSource source) {
        this.store = store;
        this.checkpoints = checkpoints;
        this.source = source;
    }

    @Override
    public ReplicaPosition position() throws RecoveryException {
        Store.Live live = store.live();
        // In this order: each of the three only rises, so that what is read later is never the smaller one.
        long applied = live.image().applied();
        long committed = live.committed();
        Appended flushed = live.log().flushed();
        return new ReplicaPosition(
                flushed.head().lsn(),
                applied,
                OptionalLong.of(committed),
                live.meta().unusable().isEmpty(),
                Optional.of(flushed.lineage()));
    }

    @Override
    public StoreIdentity identity() throws RecoveryException {
        return store.live().meta().identity();
    }

    @Override
    public void identify(StoreIdentity identity) throws RecoveryException {
        changeMeta(meta -> meta.with(identity));
    }

    @Override
    public void markUnusable(String why) throws RecoveryException {
        changeMeta(meta -> meta.unusable().isPresent() ? meta : meta.withUnusable(Optional.of(why)));
    }

    @Override
    public Optional<Epoch> promise() throws RecoveryException {
        return store.live().meta().promise();
    }

    @Override
    public void promise(Epoch epoch) throws RecoveryException {
        changeMeta(meta -> {
            if (meta.promise().isPresent()) {
                Epoch promised = meta.promise().get();
                if (epoch.number() < promised.number() || epoch.conflictsWith(promised)) {
                    throw new FencedException(
                            "store of " + meta.replica() + " has promised " + promised + " and refuses " + epoch,
                            promised.number());
                }
            }
            return meta.with(epoch);
        });
    }

    private void changeMeta(MetaChange changing) throws RecoveryException {
        store.change(() -> {
            Store.Live live = store.live();
            Meta next = changing.from(live.meta());
            // The committed bound goes with it: who fences a store next asks for its position, which should say all it
            // knows.
            if (!next.equals(live.meta()) || store.told() > live.committed()) {
                store.replaceMeta(next);
            }
            return next;
        });
    }

    @Override
    public void append(EntryBatch batch) throws RecoveryException {
        for (LogEntry entry : batch.entries()) {
            BlockWrite.check(entry.payload()); // what cannot be applied must not be acknowledged
        }
        store.change(() -> appendWithin(batch));
    }

    /** Appends within a change. */
    Continuation appendWithin(EntryBatch batch) throws IOException, RecoveryException {
        Store.Live live = store.live();
        Continuation fresh = Continuation.of(live.log(), batch);
        if (!fresh.entries().isEmpty()) {
            long before = live.log().appended().head().lsn();
            live.log().append(fresh.entries(), fresh.writers());
            live.applier().appended(before, fresh.entries());
        }
        return fresh;
    }

    @Override
    public long flush() throws RecoveryException {
        if (store.flush()) {
            source.appended();
        }
        return store.live().log().flushed().head().lsn();
    }

    @Override
    public void committed(long lsn) throws RecoveryException {
        store.committed(lsn);
        checkpoints.takeIfDue();
    }

    @Override
    public void truncateTo(long lsn) throws RecoveryException {
        store.change(() -> {
            Store.Live live = store.live();
            Appended flushed = live.log().flushed();
            if (lsn >= flushed.head().lsn()) {
                return lsn;
            }
            EntryId head = live.log().lastUpTo(lsn);
            // By the entry that stays: what is told, and who wrote it, must not point behind the end of the log.
            requireAtLeast(Math.max(live.image().applied(), store.told()), head.lsn(), "truncate to");
            Meta.Content content = live.meta()
                    .content()
                    .withLog(head.lsn(), store.told(), flushed.lineage().upTo(head.lsn()));
            boolean done = false;
            try {
                // The intent first: from here on a crash is finished by the next open, so that all of it is seen or
                // none.
                store.replaceMetaExactly(live.meta().with(content.withCut(OptionalLong.of(lsn))));
                store.forgetHeard();
                live.log().truncate(lsn);
                live.applier().afterTruncation();
                store.replaceMetaExactly(live.meta().with(content));
                done = true;
            } finally {
                if (!done) {
                    // While the intent stands, nothing may be appended: the next open would take it away again.
                    store.health().fail(new IOException("the truncation to LSN " + lsn + " did not end"));
                }
            }
            return lsn;
        });
    }

    /** Refuses to undo what is committed, or already in the image. */
    static void requireAtLeast(long floor, long lsn, String what) throws TruncationUnsafeException {
        if (lsn < floor) {
            throw new TruncationUnsafeException(
                    "asked to " + what + " LSN " + lsn + ", and entries up to " + floor + " are committed here", floor);
        }
    }

    @Override
    public StagedInstall beginInstall(BaseDescriptor base) throws RecoveryException {
        settleOld(); // most of it before the store is held
        return store.laying().withImageAndStore(() -> {
            if (install.map(FileInstall::isOpen).orElse(false)) {
                throw new PermanentException(
                        "an install is open at " + store.layout().directory() + ": close it first");
            }
            if (!base.lineage().upTo(base.lsn()).equals(base.lineage())
                    || !base.lineage().rises()
                    || base.lineage().elements().isEmpty() != (base.lsn() == 0)) {
                throw new PermanentException("base " + base + " has a lineage that does not belong to its LSN");
            }
            requireAtLeast(store.told(), base.lsn(), "install a base at");
            settleOld();
            FileInstall begun = FileInstall.begin(store, source, checkpoints, base);
            install = Optional.of(begun);
            return begun;
        });
    }

    /** What is known to be committed must not reach the image later, while ranges of it are kept. */
    private void settleOld() throws RecoveryException {
        if (!store.live().image().isPatched()) {
            try {
                store.laying().settle();
            } catch (CorruptException damaged) {
                // It is about to be replaced.
            }
        }
    }

    /** Closes an install that is still open and keeps what was staged. */
    void close() {
        install.ifPresent(FileInstall::close);
    }

    private interface MetaChange {
        Meta from(Meta meta) throws RecoveryException;
    }
}
