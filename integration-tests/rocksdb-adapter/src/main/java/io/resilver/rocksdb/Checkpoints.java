package io.resilver.rocksdb;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskOperations;
import io.resilver.spi.error.RecoveryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes checkpoints and keeps the newest one, as long as it does not cost too much. Thread safe. */
final class Checkpoints {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);

    private final Store store;
    private final Executor executor;
    private final ReentrantLock one = new ReentrantLock();
    private final Set<HeldCheckpoint> held = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean asked = new AtomicBoolean();

    Checkpoints(Store store, Executor executor) {
        this.store = store;
        this.executor = executor;
    }

    /** The newest checkpoint that a process left, of a store that is being opened; what else is there is removed. */
    static Optional<HeldCheckpoint> left(Disk disk, Layout layout, Store.Live live) throws IOException {
        long generation = live.meta().content().generation();
        Path directory = layout.checkpoints(generation);
        disk.createDirectories(directory);
        long newest = -1;
        String kept = "";
        for (String name : disk.list(directory)) {
            OptionalLong lsn = Layout.checkpointOf(name);
            if (lsn.orElse(-1) > newest
                    && lsn.orElse(0) <= live.log().flushed().last().lsn()) {
                newest = lsn.orElseThrow();
                kept = name;
            }
        }
        for (String name : disk.list(directory)) {
            if (!name.equals(kept)) {
                DiskOperations.deleteTree(disk, directory.resolve(name));
            }
        }
        return kept.isEmpty()
                ? Optional.empty()
                : Optional.of(new HeldCheckpoint(
                        disk,
                        directory.resolve(kept),
                        newest,
                        live.log().flushed().lineage()));
    }

    /**
     * Takes a checkpoint of all that was appended, which is durable then, and keeps it.
     *
     * @return its LSN
     */
    long take() throws RecoveryException {
        HeldCheckpoint taken = hold();
        taken.release();
        return taken.lsn();
    }

    /** The same, held once for the caller. */
    HeldCheckpoint hold() throws RecoveryException {
        one.lock();
        try {
            // Most of what is in memory goes out beside writers; only the rest while they wait.
            store.live().engine().flushMemory();
            return store.change(this::holdWithin);
        } finally {
            one.unlock();
        }
    }

    private HeldCheckpoint holdWithin() throws IOException, RecoveryException {
        Store.Live live = store.live();
        live.log().flush();
        long head = live.log().flushed().last().lsn();
        Optional<HeldCheckpoint> standing = live.standing();
        live.log().marks().checkpointed();
        standing.ifPresent(held::add); // one that a process left may be held for longer than it stands
        if (standing.isPresent()
                && standing.get().lsn() == head
                && standing.get().retain()) {
            return standing.get(); // nothing was written since
        }
        long generation = live.meta().content().generation();
        int number = 1;
        while (Files.exists(store.layout().checkpoint(generation, head, number))) {
            number++;
        }
        Path directory = store.layout().checkpoint(generation, head, number);
        live.engine().checkpoint(directory);
        store.disk().syncDirectory(store.layout().checkpoints(generation));
        HeldCheckpoint made = new HeldCheckpoint(
                store.disk(), directory, head, live.log().flushed().lineage());
        held.removeIf(checkpoint -> !checkpoint.isHeld());
        held.add(made);
        if (store.options().snapshotBytes() > 0 && made.retain()) {
            releaseStanding();
            store.setLive(store.live().with(Optional.of(made)));
        }
        return made;
    }

    /** Gives up the newest checkpoint, within a change. */
    void releaseStanding() throws RecoveryException {
        Store.Live live = store.live();
        store.setLive(live.with(Optional.empty()));
        live.standing().ifPresent(HeldCheckpoint::release);
    }

    /**
     * Does on the executor what is due after so much was appended: a checkpoint; or else, once a memtable, it makes the committed
     * bound durable and gives up a checkpoint that has become costly. One at a time: the executor is everybody's, and a second
     * one would only stand there and wait for the first.
     */
    void takeIfDue() throws RecoveryException {
        Store.Live live = store.live();
        LogMarks marks = live.log().marks();
        boolean take = marks.sinceCheckpoint() >= store.options().checkpointBytes();
        boolean check = marks.sinceCheck() >= store.options().memtableBytes();
        if ((take || check) && asked.compareAndSet(false, true)) {
            boolean given = false;
            try {
                executor.execute(() -> doQuietly(take, marks));
                given = true;
            } finally {
                if (!given) {
                    asked.set(false); // due again at the next call
                }
            }
        }
    }

    private void doQuietly(boolean take, LogMarks marks) {
        try {
            marks.checked();
            if (take) {
                take();
                store.change(() -> Trimming.trim(
                        store, Trimming.tailWithin(store.live(), store.options().retainLogBytes())));
            }
            store.change(() -> {
                store.replaceMeta(store.live().meta());
                return true;
            });
            dropCostly();
        } catch (RecoveryException e) {
            if (!store.isClosed()) {
                LOG.warn(
                        "No checkpoint of {}, and the log stays longer",
                        store.layout().directory(),
                        e);
            }
        } finally {
            asked.set(false);
        }
    }

    /** What each one that is held costs: tables of the database go when others are written, and no sooner. */
    private void measure() {
        held.removeIf(checkpoint -> !checkpoint.isHeld());
        held.forEach(checkpoint -> checkpoint.image().measure());
    }

    private void dropCostly() throws RecoveryException {
        measure();
        Optional<HeldCheckpoint> standing = store.live().standing();
        if (standing.isPresent()
                && standing.get().image().measure() > store.options().snapshotBytes()) {
            store.change(() -> {
                if (store.live().standing().equals(standing)) {
                    releaseStanding();
                }
                return true;
            });
        }
    }
}
