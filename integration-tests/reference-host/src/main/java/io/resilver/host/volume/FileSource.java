package io.resilver.host.volume;

import io.resilver.host.volume.image.Freeze;
import io.resilver.host.volume.log.Appended;
import io.resilver.host.volume.log.LogPins;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.Lineage;
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
final class FileSource implements SourceVolume {
    /** How base images travel and are verified: one range a frame, small enough to resend, large enough to stream. */
    static final int RANGE_BYTES = 1 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(FileSource.class);

    private final Store store;
    private final Set<FileBasePin> basePins = ConcurrentHashMap.newKeySet();
    private final List<Registration> listeners = new CopyOnWriteArrayList<>();

    FileSource(Store store) {
        this.store = store;
    }

    @Override
    public RetainedHistory history() throws RecoveryException {
        Store.Live live = store.live();
        // In this order: each only rises, so that what is read later is never the smaller one.
        long tail = live.log().pins().tail();
        long checkpoint = live.meta().content().checkpoint();
        long committed = live.committed();
        long image = Math.max(live.image().applied(), store.told());
        Appended flushed = live.log().flushed();
        return new RetainedHistory(
                flushed.head().lsn(),
                tail,
                OptionalLong.of(committed),
                checkpoint,
                checkpoint > 0 && isUsable(live) && standing(live, checkpoint).isPresent(),
                Optional.of(flushed.lineage()),
                OptionalLong.of(image));
    }

    private static boolean isUsable(Store.Live live) {
        return live.meta().unusable().isEmpty();
    }

    private static Optional<Freeze> standing(Store.Live live, long checkpoint) {
        return live.standing().filter(freeze -> freeze.lsn() == checkpoint && freeze.isOpen());
    }

    @Override
    public LogPin pinLog(long afterLsn) throws RecoveryException {
        Store.Live live = store.live();
        LogPins.Hold hold = live.log().pins().hold(afterLsn);
        return new FileLogPin(store, live.log(), hold);
    }

    @Override
    public BasePin pinSnapshot(long checkpointLsn) throws RecoveryException {
        Store.Live live = store.live();
        Optional<Freeze> freeze =
                isUsable(live) ? standing(live, checkpointLsn).filter(Freeze::retain) : Optional.empty();
        if (freeze.isEmpty()) {
            throw new RetriableException(
                    "no checkpoint at LSN " + checkpointLsn + " is kept as a base any more: plan again", Duration.ZERO);
        }
        return pinned(freeze.get(), live.log().flushed().lineage());
    }

    @Override
    public BasePin pinFullBase(long leastLsn) throws RecoveryException {
        store.laying().settle(); // most of it before the store is held
        return store.laying().withImageAndStore(() -> {
            store.laying().settle();
            Store.Live live = store.live();
            if (!isUsable(live) || live.image().applied() < leastLsn) {
                throw new RetriableException(
                        "the image is at LSN " + live.image().applied() + (isUsable(live) ? "" : ", not usable,")
                                + " and a base at " + leastLsn
                                + " or above was asked for: it holds only what this store"
                                + " was told to be committed",
                        Duration.ZERO);
            }
            return pinned(live.image().freeze(), live.log().flushed().lineage());
        });
    }

    private BasePin pinned(Freeze freeze, Lineage lineage) {
        BaseDescriptor base = new BaseDescriptor(freeze.lsn(), lineage.upTo(freeze.lsn()), freeze.size(), RANGE_BYTES);
        FileBasePin pin = new FileBasePin(store, freeze, base, basePins::remove);
        basePins.add(pin);
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
        return basePins.size() + store.live().log().pins().count();
    }

    /** Ends every base pin: the image behind it is going away. The log ends its own. */
    void revokeAll() {
        basePins.forEach(FileBasePin::close);
    }

    /** Compared by identity: one listener may be registered twice. */
    private static final class Registration {
        private final Runnable listener;

        private Registration(Runnable listener) {
            this.listener = listener;
        }
    }
}
