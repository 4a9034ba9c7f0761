package io.resilver.simulation.host;

import io.resilver.simulation.disk.Image;
import io.resilver.simulation.disk.OpenDisk;
import io.resilver.simulation.time.SimulatedProcess;
import io.resilver.spi.driver.Admission;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import io.resilver.spi.storage.VolumeStore;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;

/**
 * What a host product does with one volume: it opens its store, asks to lead, writes and reads where it leads, and keeps house:
 * checkpoints, good and bad ones, and trims at any time.
 */
public final class Product {
    private static final Duration AGAIN = Duration.ofMillis(200);
    /** A replica that was removed is mostly not there again at once. */
    private static final Duration ADDED_AGAIN = Duration.ofSeconds(1);

    private static final int HOUSEKEEPING_MS = 1_500;
    private static final int MOST_LSN_GAP = 3;
    private static final int BAD_CHECKPOINTS = 8;

    private final Around world;
    private final Running running;
    private final ReplicaId self;
    private final SimulatedProcess process;
    private Optional<OpenDisk> store = Optional.empty();
    private Optional<Leadership> term = Optional.empty();
    private boolean asksToLead;
    private boolean wasRemoved;

    Product(Around world, Running running, ReplicaId self) {
        this.world = world;
        this.running = running;
        this.self = self;
        this.process = running.process();
    }

    void start() {
        open();
        keepHouse();
    }

    /**
     * Whose store it is.
     *
     * @return the replica
     */
    public ReplicaId replica() {
        return self;
    }

    /**
     * The store, while it is open.
     *
     * @return empty before that, and once it was let go of
     */
    public Optional<OpenDisk> store() {
        return store;
    }

    /**
     * The term that it believes to lead.
     *
     * @return empty when it knows that it does not
     */
    public Optional<Leadership> term() {
        return term;
    }

    private void open() {
        try {
            running.host().openReplica(self).whenComplete((opened, failure) -> {
                if (failure == null) {
                    opened(opened);
                } else {
                    world.note(() -> self + " is not opened: " + failure.getMessage());
                    process.after(wasRemoved ? ADDED_AGAIN : AGAIN, this::open);
                }
            });
        } catch (RecoveryException e) {
            throw new IllegalStateException(e);
        }
    }

    private void opened(VolumeStore opened) {
        store = Optional.of((OpenDisk) opened);
        if (!asksToLead) {
            asksToLead = true;
            lead();
        }
    }

    /** The driver has closed the store: the volume has no such replica any more. It may have one again. */
    void orphaned(Incarnation incarnation) {
        process.workers().execute(() -> {
            store = Optional.empty();
            wasRemoved = true;
            if (process.chance().nextBoolean()) {
                running.host()
                        .removeStore(self, incarnation)
                        .whenComplete((nothing, failure) -> process.after(ADDED_AGAIN, this::open));
            } else {
                process.after(ADDED_AGAIN, this::open);
            }
        });
    }

    private void lead() {
        if (running.isEnding()) {
            return;
        }
        try {
            running.host().lead(self.volume()).whenComplete((next, failure) -> {
                if (failure != null) {
                    process.after(AGAIN, this::lead);
                    return;
                }
                world.note(() -> self + " leads " + next.epoch());
                term = Optional.of(next);
                next.ended().whenComplete((why, never) -> {
                    world.note(() -> self + " leads " + next.epoch() + " no more: " + why);
                    term = Optional.empty();
                    lead();
                });
            });
        } catch (RecoveryException e) {
            process.after(AGAIN, this::lead);
        }
    }

    private void keepHouse() {
        Random random = process.chance();
        process.after(Duration.ofMillis(random.nextInt(HOUSEKEEPING_MS)), () -> {
            store.ifPresent(open -> {
                open.checkpoint(random.nextInt(BAD_CHECKPOINTS) != 0);
                if (random.nextBoolean()) {
                    open.trim();
                }
            });
            keepHouse();
        });
    }

    /** A client writes here, where this process believes that it leads. */
    public void write() {
        process.workers()
                .execute(() -> term.filter(leading -> store.isPresent()).ifPresent(this::write));
    }

    private void write(Leadership leading) {
        Admission pass;
        try {
            pass = leading.enter();
        } catch (FencedException refused) {
            return;
        }
        OpenDisk open = store.orElseThrow();
        process.io().execute(() -> {
            Random random = process.chance();
            EntryBatch batch;
            try (pass) {
                world.accepted(self, new Token(open.disk().incarnation(), leading.epoch(), 0));
                long lsn = open.disk().last().lsn() + 1 + random.nextInt(MOST_LSN_GAP);
                batch = open.next(
                        running.liberties().writer(leading, lsn), lsn, random.nextInt(Image.BLOCKS), random.nextLong());
                open.target().append(batch);
            } catch (RecoveryException | IllegalArgumentException refused) {
                world.note(() -> self + " cannot write: " + refused.getMessage());
                return;
            }
            process.io().execute(() -> flush(leading, open, batch));
        });
    }

    private void flush(Leadership leading, OpenDisk open, EntryBatch batch) {
        try {
            leading.flushed(open.target().flush());
        } catch (RecoveryException e) {
            world.note(() -> self + " cannot flush: " + e.getMessage());
            return;
        }
        leading.whenCommitted(batch.last().lsn()).whenComplete((nothing, failure) -> {
            if (failure == null) {
                world.acknowledged(self.volume(), batch.last());
            }
        });
    }

    /** A client reads here. */
    public void read() {
        process.workers()
                .execute(() -> term.filter(running.liberties()::mayRead)
                        .ifPresent(leading -> world.read(process, self.volume(), leading.committedLsn())));
    }
}
