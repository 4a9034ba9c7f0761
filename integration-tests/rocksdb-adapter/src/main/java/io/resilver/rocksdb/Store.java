package io.resilver.rocksdb;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskFullException;
import io.resilver.host.disk.Health;
import io.resilver.rocksdb.engine.Engine;
import io.resilver.rocksdb.meta.StoreMeta;
import io.resilver.rocksdb.meta.StoreMetaFile;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** What the sides of one open store share: its files, the lock around changes, and what is known to be committed. */
final class Store {
    /**
     * What is live, replaced as a whole: whoever reads it once sees one generation, never a mix (R16).
     *
     * @param meta as it is on disk
     * @param standing the newest checkpoint, while it is kept
     */
    record Live(StoreMeta meta, Engine engine, Log log, LogPins pins, Optional<HeldCheckpoint> standing) {
        Live with(StoreMeta other) {
            return new Live(other, engine, log, pins, standing);
        }

        Live with(Optional<HeldCheckpoint> other) {
            return new Live(meta, engine, log, pins, other);
        }

        boolean isUsable() {
            return meta.unusable().isEmpty();
        }

        /** Ends every hold on the log, then the database. */
        void close() {
            pins.closeAll();
            engine.close();
        }
    }

    interface Work<T> {
        T run() throws IOException, RecoveryException;
    }

    private final Disk disk;
    private final Layout layout;
    private final RocksOptions options;
    private final Health health;

    /** One change at a time. */
    private final ReentrantLock change = new ReentrantLock();

    /** For who waits for {@link #told} to rise, or for the end. */
    private final Object telling = new Object();

    private volatile Live live;
    private volatile long told;
    private volatile boolean closed;

    Store(Disk disk, Layout layout, RocksOptions options, Health health, Live live) {
        this.disk = disk;
        this.layout = layout;
        this.options = options;
        this.health = health;
        this.live = live;
        this.told = live.meta().content().committed();
    }

    Disk disk() {
        return disk;
    }

    Layout layout() {
        return layout;
    }

    RocksOptions options() {
        return options;
    }

    Health health() {
        return health;
    }

    /** What is live, of an open store. */
    Live live() throws PermanentException {
        checkOpen();
        return live;
    }

    /** Only within {@link #change}. */
    void setLive(Live next) {
        live = next;
    }

    /** What was told to be committed and is durable. */
    long told() {
        return told;
    }

    /** Learns that entries are committed: as far as they are durable. Durable itself with the next meta file, once a memtable at least. */
    void committed(long lsn) throws RecoveryException {
        change(() -> {
            told = Math.max(told, Math.min(lsn, live.log().flushed().last().lsn()));
            return told;
        });
        tell();
    }

    private void tell() {
        synchronized (telling) {
            telling.notifyAll();
        }
    }

    /**
     * Waits until an entry is known to be committed, or the store is closed.
     *
     * @return whether it is known
     * @throws InterruptedException when the thread was interrupted
     */
    boolean awaitTold(long lsn, Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        synchronized (telling) {
            while (told < lsn && !closed) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                TimeUnit.NANOSECONDS.timedWait(telling, left);
            }
            return told >= lsn;
        }
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
        return new PermanentException(
                "store " + layout.directory() + " cannot use its disk: " + e
                        + ": check that it and what it lies in are directories that this program may write, and that the disk"
                        + " works",
                e);
    }

    /** Replaces the meta file and what is live with it, within a change. What is durable and committed is recorded too. */
    void replaceMeta(StoreMeta next) throws IOException {
        long flushed = live.log().flushed().last().lsn();
        StoreMeta whole = next.with(next.content().withLog(flushed, told));
        writeMeta(whole);
        live = live.with(whole);
    }

    void writeMeta(StoreMeta next) throws IOException {
        try {
            StoreMetaFile.write(disk, layout.directory(), next);
        } catch (DiskFullException e) {
            throw e; // before anything was moved: the old file is in force
        } catch (IOException e) {
            health.fail(e); // nobody knows which of the two is in force
            throw e;
        }
    }

    /**
     * Makes durable what was appended before the call.
     *
     * @return whether anything was
     */
    boolean flush() throws RecoveryException {
        Live now = live();
        health.check();
        return now.log().flush();
    }

    /** Waits for a change that is going on, then runs the last one; unlike {@link #change} also on a store that failed. */
    void last(Work<Boolean> work) throws RecoveryException {
        change.lock();
        try {
            if (!closed) {
                reading(work);
            }
        } finally {
            change.unlock();
        }
    }

    /** Within a change: from here on every call fails. */
    void markClosed() {
        closed = true;
        tell();
    }
}
