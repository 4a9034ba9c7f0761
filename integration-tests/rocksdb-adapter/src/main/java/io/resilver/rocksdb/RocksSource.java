package io.resilver.rocksdb;

import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.SourceVolume;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The reading side of a store. Thread safe. */
final class RocksSource implements SourceVolume {
    /** How base images travel and are verified: one range a frame, small enough to resend, large enough to stream. */
    static final int RANGE_BYTES = 1 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(RocksSource.class);

    private final Store store;
    private final Checkpoints checkpoints;
    private final Set<RocksBasePin> basePins = ConcurrentHashMap.newKeySet();
    private final List<Registration> listeners = new CopyOnWriteArrayList<>();

    RocksSource(Store store, Checkpoints checkpoints) {
        this.store = store;
        this.checkpoints = checkpoints;
    }

    @Override
    public RetainedHistory history() throws RecoveryException {
        Store.Live live = store.live();
        // In this order: each only rises, so that what is read later is never the smaller one.
        long tail = live.pins().tail().lsn();
        long checkpoint = live.standing().map(HeldCheckpoint::lsn).orElse(0L);
        long committed = live.meta().content().committed();
        Log.End flushed = live.log().flushed();
        return new RetainedHistory(
                flushed.last().lsn(),
                tail,
                OptionalLong.of(committed),
                checkpoint,
                checkpoint > 0 && live.isUsable() && checkpoint <= store.told(),
                Optional.of(flushed.lineage()));
    }

    @Override
    public LogPin pinLog(long afterLsn) throws RecoveryException {
        Store.Live live = store.live();
        return new RocksLogPin(store, live, live.pins().hold(afterLsn));
    }

    @Override
    public BasePin pinSnapshot(long checkpointLsn) throws RecoveryException {
        Store.Live live = store.live();
        Optional<HeldCheckpoint> held = live.standing()
                .filter(standing -> live.isUsable() && standing.lsn() == checkpointLsn && standing.retain());
        return pinned(held.orElseThrow(() -> new RetriableException(
                "no checkpoint at LSN " + checkpointLsn + " is kept any more: plan again", Duration.ZERO)));
    }

    @Override
    public BasePin pinFullBase(long leastLsn) throws RecoveryException {
        Store.Live before = store.live();
        if (!before.isUsable() || before.log().appended().last().lsn() < leastLsn) {
            throw new RetriableException(
                    "the store is at LSN " + before.log().appended().last().lsn()
                            + (before.isUsable() ? "" : ", not usable,") + " and a base at " + leastLsn
                            + " or above was asked for",
                    Duration.ZERO);
        }
        return pinned(held(before, leastLsn));
    }

    private HeldCheckpoint held(Store.Live before, long leastLsn) throws RecoveryException {
        try {
            return checkpoints.hold();
        } catch (PermanentException e) {
            if (store.live().engine() != before.engine()) {
                throw replaced(leastLsn);
            }
            throw e;
        }
    }

    private static LogTrimmedException replaced(long lsn) {
        return new LogTrimmedException("a base at LSN " + lsn + " was replaced by another store's: plan again", lsn);
    }

    /** An install that came between has ended every pin that it saw; one that it did not see sees the install. */
    BasePin pinned(HeldCheckpoint checkpoint) throws RecoveryException {
        RocksBasePin pin = new RocksBasePin(
                store,
                checkpoint,
                new BaseDescriptor(
                        checkpoint.lsn(),
                        checkpoint.lineage(),
                        checkpoint.image().size(),
                        RANGE_BYTES),
                basePins::remove);
        basePins.add(pin);
        boolean there = false;
        try {
            there = checkpoint.isIn(
                    store.layout().checkpoints(store.live().meta().content().generation()));
        } finally {
            if (!there) {
                pin.close();
            }
        }
        if (!there) {
            throw replaced(checkpoint.lsn());
        }
        return pin;
    }

    @Override
    public AutoCloseable onAppend(Runnable listener) throws RecoveryException {
        store.checkOpen();
        Registration registered = new Registration(listener);
        listeners.add(registered);
        return () -> listeners.remove(registered);
    }

    /** Tells the listeners that entries are durable. */
    void appended() {
        for (Registration registered : listeners) {
            try {
                registered.listener.run();
            } catch (RuntimeException e) {
                LOG.warn("A listener of store {} failed", store.layout().directory(), e);
            }
        }
    }

    /** How many pins are open. */
    int pins() throws RecoveryException {
        return basePins.size() + store.live().pins().count();
    }

    /** Ends every base pin: the image behind it is going away. */
    void revokeAll() {
        basePins.forEach(RocksBasePin::close);
    }

    /** Compared by identity: one listener may be registered twice. */
    private static final class Registration {
        private final Runnable listener;

        private Registration(Runnable listener) {
            this.listener = listener;
        }
    }
}
