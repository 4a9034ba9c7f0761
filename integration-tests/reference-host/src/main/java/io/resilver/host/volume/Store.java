package io.resilver.host.volume;

import io.resilver.host.disk.Damage;
import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskFullException;
import io.resilver.host.disk.Health;
import io.resilver.host.volume.image.Freeze;
import io.resilver.host.volume.image.Image;
import io.resilver.host.volume.log.Appended;
import io.resilver.host.volume.log.SegmentLog;
import io.resilver.host.volume.meta.Meta;
import io.resilver.host.volume.meta.MetaFile;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import java.io.EOFException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;

/** What the sides of one open store share: its files, the lock around changes, and what is known to be committed. */
final class Store {
    /**
     * What is live, replaced as a whole: whoever reads it once sees one generation, never a mix (R16).
     *
     * @param meta as it is on disk
     * @param standing the image at the newest checkpoint, while it is kept as a base
     */
    record Live(Meta meta, SegmentLog log, Image image, Applier applier, Optional<Freeze> standing) {
        Live with(Meta other) {
            return new Live(other, log, image, applier, standing);
        }

        Live with(Optional<Freeze> other) {
            return new Live(meta, log, image, applier, other);
        }

        /** The image as it is now, at a checkpoint, is kept as a base. */
        Live withBase() throws IOException {
            return with(Optional.of(image.freeze()));
        }

        /** The own lower bound of what is committed, by what is durable. */
        long committed() {
            return Math.max(meta.content().committed(), log.flushed().noted());
        }
    }

    interface Work<T> {
        T run() throws IOException, RecoveryException;
    }

    private final Disk disk;
    private final Layout layout;
    private final VolumeOptions options;
    private final RandomGenerator random;
    private final Health health;

    /** One change at a time. Taken after {@link Laying}'s lock and before the log's own sync lock, never the other way. */
    private final ReentrantLock change = new ReentrantLock();

    private volatile Live live;
    private volatile long told;
    /** What was told of entries that were appended and not flushed then: it holds from the flush on that makes them durable. */
    private volatile long heard;

    private volatile boolean closed;
    private final Laying laying;

    Store(
            Disk disk,
            Layout layout,
            VolumeOptions options,
            RandomGenerator random,
            Executor executor,
            Health health,
            Live live) {
        this.disk = disk;
        this.layout = layout;
        this.options = options;
        this.random = random;
        this.health = health;
        this.live = live;
        this.told = live.committed();
        this.laying = new Laying(this, executor);
    }

    Disk disk() {
        return disk;
    }

    Layout layout() {
        return layout;
    }

    VolumeOptions options() {
        return options;
    }

    RandomGenerator random() {
        return random;
    }

    Health health() {
        return health;
    }

    /** What is live, of an open store. */
    Live live() throws PermanentException {
        checkOpen();
        return live;
    }

    /** The log does not end any more with what was appended to it: within a change. */
    void forgetHeard() {
        heard = 0;
    }

    /** Only within {@link #change}. */
    void setLive(Live next) {
        live = next;
    }

    /** What was told to be committed and is durable. */
    long told() {
        return told(live.log().flushed());
    }

    /** The same for what was flushed at a moment: it never points behind that. */
    private long told(Appended flushed) {
        return Math.max(told, Math.max(live.meta().content().committed(), flushed.noted()));
    }

    boolean isClosed() {
        return closed;
    }

    void checkOpen() throws PermanentException {
        if (closed) {
            throw new PermanentException("store " + layout.directory() + " is closed");
        }
    }

    /** Runs a change alone, and turns I/O errors into what the caller can act on. */
    <T> T change(Work<T> work) throws RecoveryException {
        change.lock();
        try {
            checkOpen();
            health.check();
            return reading(work);
        } finally {
            change.unlock();
        }
    }

    /** Runs what only reads beside changes. */
    <T> T reading(Work<T> work) throws RecoveryException {
        try {
            return work.run();
        } catch (IOException e) {
            throw translated(e, layout);
        }
    }

    static RecoveryException translated(IOException e, Layout layout) {
        if (e instanceof DiskFullException) {
            return new ResourceExhaustedException(
                    "the disk of store " + layout.directory() + " is full: " + e.getMessage(), "disk");
        }
        if (e instanceof EOFException) {
            return Damage.found(String.valueOf(e.getMessage()), layout.directory(), 0);
        }
        return new PermanentException(
                "store " + layout.directory() + " cannot use its disk: " + e
                        + ": check that it and what it lies in are directories that this program may write, and that the disk"
                        + " works",
                e);
    }

    /** Replaces the meta file and what is live with it, within a change. What the log has made durable is recorded too. */
    void replaceMeta(Meta next) throws IOException {
        Appended flushed = live.log().flushed();
        replaceMetaExactly(next.with(next.content().withLog(flushed.head().lsn(), told(flushed), flushed.lineage())));
    }

    void replaceMetaExactly(Meta next) throws IOException {
        writeMeta(next);
        live = live.with(next);
    }

    void writeMeta(Meta next) throws IOException {
        try {
            MetaFile.write(disk, layout.directory(), next);
        } catch (DiskFullException e) {
            throw e; // before anything was moved: the old file is in force
        } catch (IOException e) {
            health.fail(e); // nobody knows which of the two is in force
            throw e;
        }
    }

    /**
     * Makes durable what was appended. The committed bound rides along as a note where there is something to sync anyway, so
     * that it costs no sync of its own.
     *
     * @return true when this call synced
     */
    boolean flush() throws RecoveryException {
        SegmentLog log = live().log();
        Appended wanted = change(() -> {
            Live now = live;
            if (now.log().appended().sequence() > now.log().flushed().sequence()) {
                noteIfAhead(now.log());
            }
            return now.log().appended();
        });
        return reading(() -> log.flush(wanted));
    }

    private void noteIfAhead(SegmentLog log) throws RecoveryException {
        // Behind the entries that it is about: no crash leaves it without them.
        long bound = Math.max(told(), Math.min(heard, log.appended().head().lsn()));
        if (bound > Math.max(live.meta().content().committed(), log.appended().noted())) {
            try {
                log.note(bound);
            } catch (IOException e) {
                // The note may come later; the log is as it was, or the store's health says that it is not.
                health.check();
            }
        }
    }

    /**
     * Learns that entries are committed, and takes those of them towards the image that are flushed: no more than it is told,
     * since who tells in steps has more to do in between. Of others it is told again.
     */
    void committed(long lsn) throws RecoveryException {
        boolean isFlushed = change(() -> {
            SegmentLog log = live.log();
            told = Math.max(told, Math.min(lsn, log.flushed().head().lsn()));
            heard = Math.max(heard, Math.min(lsn, log.appended().head().lsn()));
            return lsn <= log.flushed().head().lsn();
        });
        if (isFlushed) {
            laying.upTo(lsn);
        }
    }

    /** What brings entries into the image. */
    Laying laying() {
        return laying;
    }

    /** Within a change. */
    void releaseStanding() {
        Optional<Freeze> standing = live.standing();
        live = live.with(Optional.empty());
        standing.ifPresent(Freeze::release);
    }

    /** Makes durable what was appended, within a change. */
    void flushWithin() throws IOException, RecoveryException {
        live.log().flush(live.log().appended());
    }

    /** Records the image as it is now as the newest checkpoint, unless it is patched; within a change. */
    void checkpointWithin() throws IOException, RecoveryException {
        Image image = live.image();
        if (image.isPatched()) {
            replaceMeta(live.meta()); // the checkpoint stays where it is until the patch is laid
            return;
        }
        if (image.applied() > live.meta().content().checkpoint()) {
            image.sync();
        }
        replaceMeta(live.meta().with(live.meta().content().withCheckpoint(image.applied(), image.size())));
    }

    /** Closes log and image. */
    void closeFiles() throws IOException {
        Live last = live;
        try {
            last.log().close();
        } finally {
            last.image().close();
        }
    }

    /** Within a change: from here on every call fails. */
    void markClosed() {
        closed = true;
    }

    /** Waits for a change that is going on, also of the image, then runs the last one; unlike {@link #change} also on a store that failed. */
    void last(Work<Boolean> work) throws RecoveryException {
        laying.withImage(() -> {
            change.lock();
            try {
                return closed || reading(work);
            } finally {
                change.unlock();
            }
        });
    }
}
