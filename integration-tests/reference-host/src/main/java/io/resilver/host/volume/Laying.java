package io.resilver.host.volume;

import io.resilver.host.volume.image.Freeze;
import io.resilver.host.volume.log.SegmentLog;
import io.resilver.spi.error.RecoveryException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what is known to be committed into the image of a store, one thread at a time, beside what is appended meanwhile: while
 * entries are copied over the image, the store is not held. Thread safe.
 */
final class Laying {
    private static final Logger LOG = LoggerFactory.getLogger(Laying.class);

    private final Store store;
    private final Executor executor;

    /**
     * Whoever changes the image holds it, and who replaces or freezes it. Taken before the store is held, never after. Fair: who lays much
     * takes it again and again, and others have their turn in between.
     */
    private final ReentrantLock one = new ReentrantLock(true);

    private final AtomicBoolean asked = new AtomicBoolean();
    /** Nobody hears of what fails on the executor: who tells of more meets it himself. */
    private volatile boolean failed;

    private volatile Runnable afterwards = () -> {};

    /**
     * Lays nothing yet.
     *
     * @param executor lays what was told of; may be slow, refuse, or run it at once
     */
    Laying(Store store, Executor executor) {
        this.store = store;
        this.executor = executor;
    }

    /** From now on this is run on the executor each time that entries were brought into the image there. */
    void afterwards(Runnable what) {
        afterwards = what;
    }

    /** Runs a change of the store while nobody changes the image. */
    <T> T withImageAndStore(Store.Work<T> work) throws RecoveryException {
        return withImage(() -> store.change(work));
    }

    /** Runs something while nobody else changes the image; the store may change. */
    <T> T withImage(Step<T> work) throws RecoveryException {
        one.lock();
        try {
            return work.run();
        } finally {
            one.unlock();
        }
    }

    interface Step<T> {
        T run() throws RecoveryException;
    }

    /**
     * Entries are committed and flushed: they are seen from now on, and reach the image soon. Returns at once, unless more wait for the
     * image than may.
     *
     * @param lsn inclusive
     */
    void upTo(long lsn) throws RecoveryException {
        boolean all = store.change(() -> take(lsn));
        if (store.live().applier().hasEnough() && (failed || !ask())) {
            layEnough();
        }
        while (!all) {
            withImage(this::laySome); // no more than it takes: a fence waits for who tells
            all = store.change(() -> take(lsn));
        }
    }

    private boolean take(long lsn) throws IOException, RecoveryException {
        return !store.live().applier().take(lsn);
    }

    /** Whether it will be done elsewhere. */
    private boolean ask() {
        if (!asked.compareAndSet(false, true)) {
            return true;
        }
        try {
            executor.execute(this::layQuietly);
            return true;
        } catch (RejectedExecutionException e) {
            asked.set(false); // the host ends
            return false;
        }
    }

    /** One task at a time, also while it waits: what comes meanwhile is asked for by whoever tells of more. */
    private void layQuietly() {
        boolean done = false;
        try {
            layEnough();
            done = true;
        } catch (RecoveryException e) {
            if (!store.isClosed()) {
                LOG.warn(
                        "Entries are not brought into the image of {}",
                        store.layout().directory(),
                        e);
            }
        } finally {
            failed = !done;
            asked.set(false);
        }
        afterwards.run();
    }

    /** Until less waits than a note in the log is worth. */
    private void layEnough() throws RecoveryException {
        boolean more = true;
        while (more) {
            more = withImage(this::laySome);
        }
        failed = false;
    }

    /** False when too little waits. */
    private boolean laySome() throws RecoveryException {
        boolean enough = store.live().applier().hasEnough();
        if (enough && !applySome()) {
            store.change(this::makeBoundDurable);
            applySome();
        }
        return enough;
    }

    /** Applies everything that is known to be committed when this is called, and ends however much is committed meanwhile. */
    void settle() throws RecoveryException {
        store.checkOpen();
        long upTo = store.told();
        boolean more = true;
        while (more) {
            more = withImage(() -> {
                boolean all = store.change(() -> {
                    boolean taken = take(upTo);
                    if (store.live().committed() < upTo) {
                        makeBoundDurable();
                    }
                    return taken;
                });
                applySome();
                return !all || store.live().applier().hasUpTo(upTo);
            });
        }
    }

    /** False when nothing waits of which the bound is durable. */
    private boolean applySome() throws RecoveryException {
        Store.Live live = store.live();
        boolean some = store.reading(() -> live.applier().apply(live.committed()));
        if (some && isTooCostly(live.standing())) {
            store.change(() -> {
                if (isTooCostly(store.live().standing())) {
                    store.releaseStanding();
                }
                return true;
            });
        }
        return some;
    }

    /** The newest checkpoint is kept as a base only while that costs no more than allowed. */
    private boolean isTooCostly(Optional<Freeze> standing) {
        return standing.isPresent()
                && standing.get().heldBytes() > store.options().snapshotBytes();
    }

    /** Makes durable what is known to be committed, within a change. */
    boolean makeBoundDurable() throws IOException, RecoveryException {
        long told = store.told();
        if (told > store.live().committed()) {
            SegmentLog log = store.live().log();
            if (told > log.appended().noted()) {
                log.note(told);
            }
            log.flush(log.appended());
        }
        return true;
    }
}
