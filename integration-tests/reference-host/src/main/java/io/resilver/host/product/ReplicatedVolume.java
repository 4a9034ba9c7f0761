package io.resilver.host.product;

import io.resilver.host.engine.HostEngine;
import io.resilver.host.engine.HostStore;
import io.resilver.spi.driver.Admission;
import io.resilver.spi.driver.DriverOptions;
import io.resilver.spi.driver.DriverStatus;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.driver.RecoveryDriver;
import io.resilver.spi.driver.RecoveryDrivers;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Incarnation;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One replica of a replicated block volume, and the volume itself while this host is its primary. It is what a host product
 * does with the plugin, whole. Thread safe; what it says about blocking is said at each method.
 */
public final class ReplicatedVolume implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReplicatedVolume.class);

    /** Opening a store runs its crash recovery: as long as that takes on a slow disk. */
    private static final Duration OPEN_PATIENCE = Duration.ofMinutes(2);

    private final HostSettings settings;
    private final RecoveryRate rate;
    private final RecoveryDriver driver;
    private final HostStore store;
    private volatile Optional<Leadership> term = Optional.empty();
    private volatile boolean closed;

    private ReplicatedVolume(HostSettings settings, RecoveryRate rate, RecoveryDriver driver, HostStore store) {
        this.settings = settings;
        this.rate = rate;
        this.driver = driver;
        this.store = store;
    }

    /**
     * Opens the driver and this host's replica, and leads the volume whenever this host may. Blocks.
     *
     * @param settings who this host is
     * @param create whether to create the volume first; it must not exist then
     * @param listener hears the driver's events
     * @return the open replica, which the caller closes
     * @throws RecoveryException when it could not be opened; nothing is left open
     */
    public static ReplicatedVolume open(HostSettings settings, boolean create, HostListener listener)
            throws RecoveryException {
        settings.requireUsableData(); // before the volume is created for a store that cannot be
        RecoveryRate rate = new RecoveryRate();
        RecoveryDriver driver = RecoveryDrivers.open(DriverOptions.builder(settings.host(), settings.data())
                .set(HostSettings.ADAPTER_KEY, HostSettings.ADAPTER)
                .set("resilver.policy.name", "host")
                .setAll(settings.driver())
                .lend(RecoveryRate.class, rate)
                .lend(HostListener.class, listener)
                .build());
        try {
            HostEngine engine = requireOwnAdapter(driver, settings.adapter());
            // A lease that lapsed for a moment, on a busy machine, is no reason to end (R38).
            if (create) {
                Retrying.until(() -> await(driver.createVolume(spec(settings)), OPEN_PATIENCE), OPEN_PATIENCE);
            }
            HostStore store = engine.store(Retrying.until(
                    () -> await(driver.openReplica(settings.replica(settings.host())), OPEN_PATIENCE), OPEN_PATIENCE));
            ReplicatedVolume volume = new ReplicatedVolume(settings, rate, driver, store);
            volume.lead();
            return volume;
        } catch (RecoveryException | RuntimeException | Error e) {
            try {
                driver.close();
            } catch (RecoveryException alsoFailed) {
                e.addSuppressed(alsoFailed); // what it is about is the first one
            }
            throw e;
        }
    }

    /** The driver works with any adapter; this product reads and writes blocks, which only its own stores know. */
    static HostEngine requireOwnAdapter(RecoveryDriver driver, String name) throws PermanentException {
        try {
            HostEngine engine = HostEngine.named(name);
            driver.adapter(engine.adapter());
            return engine;
        } catch (PermanentException | IllegalArgumentException another) {
            throw new PermanentException(
                    HostSettings.ADAPTER_KEY + " = '" + name
                            + "' names an adapter whose stores this host cannot serve: set it to "
                            + String.join(" or ", HostEngine.all().keySet()) + ", or leave it out",
                    another);
        }
    }

    private static VolumeSpec spec(HostSettings settings) {
        return new VolumeSpec(
                settings.volume(),
                settings.replicas().stream()
                        .map(host -> new ReplicaAssignment(settings.replica(host), host, Optional.empty(), Duty.FOLLOW))
                        .toList(),
                settings.leastInSync());
    }

    /** Asks to lead, and asks again when a term has ended: the driver waits as long as it must. */
    private void lead() {
        driver.lead(settings.volume()).whenComplete((next, failure) -> {
            if (failure != null) {
                if (!closed) {
                    LOG.warn("This host cannot lead volume {}", settings.volume(), failure);
                }
                return;
            }
            term = Optional.of(next);
            next.ended().whenComplete((why, error) -> {
                LOG.info("The term {} of volume {} is over: {}", next.epoch(), settings.volume(), why);
                term = Optional.empty();
                if (!closed) {
                    lead();
                }
            });
        });
    }

    /**
     * The term in which this host is primary.
     *
     * @return it, or empty
     */
    public Optional<Leadership> term() {
        return term;
    }

    /**
     * This host's own store.
     *
     * @return the open store
     */
    public HostStore store() {
        return store;
    }

    /**
     * How fast recoveries of this host may send.
     *
     * @return the rate, which can be changed
     */
    public RecoveryRate rate() {
        return rate;
    }

    /**
     * What the driver does.
     *
     * @return a copy
     */
    public DriverStatus status() {
        return driver.status();
    }

    /**
     * Leads the volume once from this host's store although it is not in sync: what only members hold is lost (R32). Blocks.
     *
     * @param who the name of the person who answers for it
     * @param why the reason
     * @return the term
     * @throws RecoveryException when the primary is there, none of it is needed, or the attempt failed
     */
    public Leadership leadUncleanly(String who, String why) throws RecoveryException {
        return await(driver.leadUncleanly(settings.volume(), who, why), OPEN_PATIENCE);
    }

    /**
     * Deletes an incarnation of the volume, and this host's store of it: the operator who says so here means both. On a host
     * that does not lead it only removes what a deletion elsewhere has left. This object can only be closed afterwards.
     * Blocks.
     *
     * @param incarnation which incarnation
     * @throws RecoveryException when another host leads the volume, or something could not be removed: ask again
     */
    public void delete(Incarnation incarnation) throws RecoveryException {
        await(driver.deleteVolume(settings.volume(), incarnation), OPEN_PATIENCE);
        await(driver.removeStore(settings.replica(settings.host()), incarnation), OPEN_PATIENCE);
    }

    /** A write that is in the primary's log, durable there once it was flushed, and acknowledged once committed. */
    public record Written(Leadership term, long lsn) {
        /**
         * Waits until the write may be acknowledged to a client.
         *
         * @return completes once it is committed; fails when the term ended first, and then it may or may not survive
         */
        public CompletionStage<Void> committed() {
            return term.whenCommitted(lsn);
        }
    }

    /**
     * Appends a write to the primary's log. Not durable until {@link #flush}. Blocks on I/O.
     *
     * @param offset bytes from the beginning of the volume
     * @param data what to write; not kept
     * @return what to wait for
     * @throws RecoveryException when this host is not the primary, or the store failed
     */
    public Written append(long offset, ByteBuffer data) throws RecoveryException {
        Leadership leading = requireTerm();
        Admission pass = leading.enter();
        try {
            return new Written(leading, store.append(leading.writer(), offset, data));
        } finally {
            pass.close();
        }
    }

    /**
     * Lets go of the primary's log up to an LSN, through the gate like any change of a store (R2). Blocks on I/O.
     *
     * @param lsn the highest tail wanted, inclusive
     * @return the new tail
     * @throws RecoveryException when this host is not the primary, or the store failed
     */
    public long trimTo(long lsn) throws RecoveryException {
        Admission pass = requireTerm().enter();
        try {
            return store.trimTo(lsn);
        } finally {
            pass.close();
        }
    }

    /**
     * Gives up the primary's newest checkpoint as a base for rebuilds, through the gate (R2). Blocks on I/O.
     *
     * @throws RecoveryException when this host is not the primary, or the store is closed
     */
    public void releaseCheckpoint() throws RecoveryException {
        Admission pass = requireTerm().enter();
        try {
            store.releaseCheckpoint();
        } finally {
            pass.close();
        }
    }

    /**
     * Makes durable what was appended and tells the term, so that it can be committed. Blocks on I/O; threads that flush at
     * the same time share one sync.
     *
     * @param leading the term of the writes
     * @return the last durable LSN
     * @throws RecoveryException when it could not be made durable
     */
    public long flush(Leadership leading) throws RecoveryException {
        long durable = store.flush();
        leading.flushed(durable);
        return durable;
    }

    /**
     * Reads committed data, and serves it only when this host may. Blocks on I/O.
     *
     * @param offset bytes from the beginning of the volume
     * @param into where to put it
     * @return how many bytes were read
     * @throws RetriableException when this host may not serve reads now
     * @throws RecoveryException when it cannot be read
     */
    public int read(long offset, ByteBuffer into) throws RecoveryException {
        Leadership leading = requireTerm();
        int read = store.read(offset, into);
        if (!leading.mayServeReads()) { // asked after reading: data that was read before is as old as that (R37)
            throw new RetriableException(
                    "host " + settings.host() + " may not serve reads of volume " + settings.volume()
                            + " now: not every member answered within the read lease",
                    Duration.ZERO);
        }
        return read;
    }

    private Leadership requireTerm() throws RetriableException {
        return term.orElseThrow(() -> new RetriableException(
                "host " + settings.host() + " is not the primary of volume " + settings.volume(), Duration.ZERO));
    }

    @Override
    public void close() throws RecoveryException {
        closed = true;
        driver.close();
    }

    /**
     * Waits for an answer of the driver. Blocks.
     *
     * @param stage the answer to come
     * @param patience how long to wait at most
     * @param <T> the answer
     * @return the answer
     * @throws RecoveryException as the stage failed, or when patience ended
     */
    public static <T> T await(CompletionStage<T> stage, Duration patience) throws RecoveryException {
        try {
            return stage.toCompletableFuture().get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RecoveryException typed) {
                throw typed;
            }
            throw new PermanentException("the driver failed: " + e.getCause(), e);
        } catch (TimeoutException e) {
            throw new RetriableException("no answer within " + patience, Duration.ZERO, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RetriableException("interrupted while waiting", Duration.ZERO, e);
        }
    }
}
