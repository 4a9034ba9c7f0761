package io.resilver.host.volume;

import io.resilver.host.volume.image.Freeze;
import io.resilver.host.volume.image.Image;
import io.resilver.host.volume.log.SegmentLog;
import io.resilver.host.volume.meta.Meta;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryId;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the image durable from time to time, and lets go of log that is needed no more. Thread safe. */
final class Checkpoints {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);

    /** So much of a patch is laid while the store is held: a few milliseconds of copying. */
    private static final long LAID_AT_ONCE = 4L << 20;

    /**
     * So much of the image may wait for the disk, and what one thread writes while another syncs. Whoever waits for a sync of the log waits for
     * all that the disk was given before: a checkpoint that gives it 256 MiB at once holds writers up for 100 to 200 ms on a disk of 2 GB/s,
     * and so does the system when it writes out what has lain for half a minute. This is 4 ms of such a disk.
     */
    private static final long UNSYNCED = 8L << 20;

    private final Store store;
    private final Executor executor;
    private final ReentrantLock one = new ReentrantLock();
    private final AtomicBoolean asked = new AtomicBoolean();
    /** The last one that failed: where, and after how many bytes were applied. */
    private volatile Optional<Failed> failed = Optional.empty();

    private record Failed(Image image, long writtenBytes) {}

    Checkpoints(Store store, Executor executor) {
        this.store = store;
        this.executor = executor;
    }

    /**
     * Takes a checkpoint on the executor if enough was applied since the last one, or if the image is patched; after one that
     * failed, once that much was applied again. Before that, syncs the image there each time that enough of it waits for the disk.
     */
    void takeIfDue() throws RecoveryException {
        Image image = store.live().image();
        if ((isDue(image) || waitsForDisk(image)) && asked.compareAndSet(false, true)) {
            try {
                executor.execute(this::takeQuietly);
            } catch (RejectedExecutionException e) {
                asked.set(false); // the host ends: the next open goes on
            }
        }
    }

    private boolean isDue(Image image) {
        long written = image.writtenBytes();
        long enough = store.options().checkpointBytes();
        Optional<Failed> last = failed.filter(each -> each.image() == image);
        return last.isPresent()
                ? written - last.get().writtenBytes() >= enough
                : image.isPatched() || written >= enough;
    }

    private static boolean waitsForDisk(Image image) {
        return image.unsyncedBytes() >= UNSYNCED;
    }

    /** One task at a time, also while it waits: what comes due meanwhile is looked at when it ends. */
    private void takeQuietly() {
        boolean done = false;
        try {
            done = takeOrSync();
        } finally {
            asked.set(false);
        }
        if (done) { // else whoever has applied more looks again
            takeIfDueAndOpen();
        }
    }

    /** False when the image could not be synced. */
    private boolean takeOrSync() {
        try {
            Image image = store.live().image();
            if (isDue(image)) {
                takeAndTellNobody(image);
            } else {
                store.reading(image::syncIfOpen);
            }
            return true;
        } catch (RecoveryException e) {
            if (!store.isClosed()) {
                LOG.warn("The image of {} is not made durable", store.layout().directory(), e);
            }
            return false;
        }
    }

    /** The same as {@link #takeIfDue}, for who has nobody to tell of a store that is closed. */
    void takeIfDueAndOpen() {
        try {
            takeIfDue();
        } catch (RecoveryException closed) {
            // the next open goes on
        }
    }

    private void takeAndTellNobody(Image image) {
        try {
            take();
            retain();
            failed = Optional.empty();
        } catch (RecoveryException e) {
            failed = Optional.of(new Failed(image, image.writtenBytes()));
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
            lay(before.image());
            store.laying().settle(); // most of it before the store is held
            Optional<Freeze> freeze = store.laying().withImageAndStore(() -> freeze(before.image()));
            return freeze.isPresent() ? take(before, freeze.get()) : installed();
        } finally {
            one.unlock();
        }
    }

    /** Nothing, when an install replaced the image meanwhile. */
    private Optional<Freeze> freeze(Image image) throws IOException, RecoveryException {
        if (store.live().image() != image) {
            return Optional.empty();
        }
        store.laying().settle();
        image.resetWrittenBytes();
        return Optional.of(image.freeze());
    }

    private long take(Store.Live before, Freeze freeze) throws RecoveryException {
        boolean kept = false;
        try {
            // The image may move on while it is synced: applying entries again in order gives the same bytes.
            boolean synced = store.reading(before.image()::syncIfOpen);
            kept = synced && store.laying().withImageAndStore(() -> record(before, freeze));
            return synced ? freeze.lsn() : installed();
        } finally {
            if (!kept) {
                freeze.release();
            }
        }
    }

    /** An install is a checkpoint. */
    private long installed() throws RecoveryException {
        return store.live().meta().content().checkpoint();
    }

    /** Lays the patch, if there is one, in steps. */
    private void lay(Image image) throws RecoveryException {
        boolean more = image.isPatched();
        while (more) {
            more = store.laying()
                    .withImage(() -> store.reading(() -> store.live().image() == image && image.lay(LAID_AT_ONCE)));
            if (waitsForDisk(image)) {
                store.reading(image::syncIfOpen);
            }
        }
    }

    private boolean record(Store.Live before, Freeze freeze) throws IOException, RecoveryException {
        Store.Live now = store.live();
        if (now.image() != before.image()) {
            return false; // an install replaced the image meanwhile
        }
        Meta.Content content = now.meta().content();
        if (freeze.lsn() > content.checkpoint() || content.patched()) {
            Meta.Content next = content.withCheckpoint(freeze.lsn(), freeze.size());
            store.replaceMeta(now.meta().with(next.withoutPatch()));
            forgetPatch(now.image());
        }
        store.releaseStanding();
        if (store.options().snapshotBytes() == 0) {
            return false;
        }
        store.setLive(store.live().with(Optional.of(freeze)));
        return true;
    }

    /** What cannot be removed stays until the next open. */
    private void forgetPatch(Image image) throws RecoveryException {
        try {
            if (image.isPatched()) {
                image.forgetPatch();
                Generations.removePatch(
                        store.disk(), store.layout(), store.live().meta().content());
            }
        } catch (IOException e) {
            LOG.warn(
                    "Files of a patch stay in {} until the next open: {}",
                    store.layout().directory(),
                    e.toString());
        }
    }

    /** Lets go of the log that needs not be kept behind the newest checkpoint. */
    void retain() throws RecoveryException {
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
