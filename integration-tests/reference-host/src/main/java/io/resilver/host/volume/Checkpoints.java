package io.resilver.host.volume;

import io.resilver.host.volume.image.Freeze;
import io.resilver.host.volume.log.SegmentLog;
import io.resilver.host.volume.meta.Meta;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryId;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the image durable from time to time, and lets go of log that is needed no more. Thread safe. */
final class Checkpoints {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);

    private final Store store;
    private final Executor executor;
    private final ReentrantLock one = new ReentrantLock();
    private final AtomicBoolean asked = new AtomicBoolean();

    Checkpoints(Store store, Executor executor) {
        this.store = store;
        this.executor = executor;
    }

    /** Takes a checkpoint on the executor if enough was applied since the last one. */
    void takeIfDue() throws RecoveryException {
        Store.Live live = store.live();
        long since = live.image().writtenBytes();
        if (since >= store.options().checkpointBytes() && asked.compareAndSet(false, true)) {
            executor.execute(this::takeQuietly);
        }
    }

    private void takeQuietly() {
        asked.set(false);
        try {
            take();
            retain();
        } catch (RecoveryException e) {
            LOG.warn(
                    "No checkpoint of {}: the log stays longer, and the next open takes longer",
                    store.layout().directory(),
                    e);
        }
    }

    /**
     * Applies what is known to be committed, makes it durable and records it as the newest checkpoint.
     *
     * @return its LSN
     */
    long take() throws RecoveryException {
        one.lock();
        try {
            Store.Live before = store.live();
            Freeze freeze = store.change(() -> {
                store.settle();
                store.live().image().resetWrittenBytes();
                return store.live().image().freeze();
            });
            boolean kept = false;
            try {
                // The image may move on while it is synced: applying entries again in order gives the same bytes.
                store.reading(() -> {
                    before.image().sync();
                    return freeze;
                });
                kept = store.change(() -> record(before, freeze));
                return freeze.lsn();
            } finally {
                if (!kept) {
                    freeze.release();
                }
            }
        } finally {
            one.unlock();
        }
    }

    private boolean record(Store.Live before, Freeze freeze) throws IOException, RecoveryException {
        Store.Live now = store.live();
        if (now.image() != before.image()) {
            return false; // an install replaced the image meanwhile
        }
        Meta.Content content = now.meta().content();
        if (freeze.lsn() > content.checkpoint()) {
            store.replaceMeta(now.meta().with(content.withCheckpoint(freeze.lsn(), freeze.size())));
        }
        store.releaseStanding();
        if (store.options().snapshotBytes() == 0) {
            return false;
        }
        store.setLive(store.live().with(Optional.of(freeze)));
        return true;
    }

    private void retain() throws RecoveryException {
        trim(store.live().log().tailWithin(store.options().retainLogBytes()));
    }

    /**
     * Lets go of whole segments up to an LSN, never of what the checkpoint or a pin needs.
     *
     * @return the new tail
     */
    long trim(long lsn) throws RecoveryException {
        return store.change(() -> {
            Store.Live now = store.live();
            SegmentLog log = now.log();
            long limit = Math.min(lsn, now.meta().content().checkpoint());
            if (limit >= log.appended().head().lsn()
                    && log.tail().lsn() < log.appended().head().lsn()) {
                log.roll(); // else a short log in one segment could never be let go
            }
            EntryId tail = log.reserveTail(limit);
            if (tail.lsn() > now.meta().content().tail().lsn()) {
                store.replaceMeta(now.meta().with(now.meta().content().withTail(tail)));
                log.drop(tail.lsn());
            }
            return tail.lsn();
        });
    }
}
