package io.resilver.simulation.host;

import io.resilver.coordination.TakeOverSettings;
import io.resilver.coordination.memory.MemoryStore;
import io.resilver.execution.Counting;
import io.resilver.execution.LeaderOptions;
import io.resilver.execution.Membership;
import io.resilver.execution.Planning;
import io.resilver.execution.SenderAccess;
import io.resilver.execution.VolumeLeader.LocalGate;
import io.resilver.execution.scrub.ScrubOptions;
import io.resilver.host.HostPorts;
import io.resilver.host.HostSettings;
import io.resilver.host.HostWiring;
import io.resilver.host.ReplicaHost;
import io.resilver.replica.StoreGate;
import io.resilver.simulation.disk.Disk;
import io.resilver.simulation.disk.Engine;
import io.resilver.simulation.disk.OpenDisk;
import io.resilver.simulation.time.SimulatedProcess;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** One process: the driver's host, and the host product that uses it, which opens all its stores and leads where it can. */
public final class Running implements HostPorts.Signals {
    private static final Duration SILENCE = Duration.ofMillis(1_500);
    /** How long a new primary waits for the readers of others (R37). */
    public static final Duration READ_LEASE = Duration.ofMillis(500);

    private static final Duration SERVED_FOR = Duration.ofMillis(490);
    private static final int TICKS_PER_LEASE = 4;
    private static final int BATCH_BYTES = 64;
    private static final int SLOTS = 2;
    /** So that a peer that has its share is passed over now and then. */
    private static final int SLOTS_PER_PEER = 1;

    private static final double MOST_DRIFT_PERCENT = 0.9;

    private final Around world;
    private final SimulatedHost machine;
    private final Endpoint endpoint;
    private final SimulatedProcess process;
    private final MemoryStore session;
    private final Engine engine;
    private final Restless policy;
    private final ReplicaHost host;
    private final ServiceClient service;
    private final Liberties liberties;
    private final Map<VolumeId, Product> products = new LinkedHashMap<>();
    private OptionalLong rate = OptionalLong.empty();
    private final Cancelling cancelling = new Cancelling(this);
    private long cancelled;
    private boolean ending;

    Running(Around world, SimulatedHost machine, Endpoint endpoint) {
        this.world = world;
        this.machine = machine;
        this.endpoint = endpoint;
        Random random = new Random(world.random().nextLong());
        this.liberties = world.liberties();
        this.process = new SimulatedProcess(
                world.agenda(), random, liberties.random(random), MOST_DRIFT_PERCENT * (random.nextDouble() - 0.5));
        SimulatedProcess outside = new SimulatedProcess(world.agenda(), random, random, 0);
        this.session = new MemoryStore(world.ensemble(), outside, () -> world.fate(machine.id()));
        this.service = new ServiceClient(session, process);
        this.engine = new Engine(machine.disks(), machine::newId, liberties.rules(process), new Seen(world));
        this.policy = new Restless(random, () -> rate, world.grace());
        this.host = new ReplicaHost(
                new HostPorts(
                        machine.id(),
                        process,
                        "simulated",
                        engine,
                        policy,
                        liberties.connector(world.network().connector(machine.id(), process)),
                        this),
                settings(liberties.scrub()),
                new Watching());
    }

    private static HostSettings settings(ScrubOptions scrub) {
        LeaderOptions byDefault = LeaderOptions.DEFAULT;
        return new HostSettings(
                SLOTS,
                SLOTS_PER_PEER,
                1 << 20,
                Duration.ofMillis(250),
                new TakeOverSettings(
                        SILENCE,
                        Duration.ofMillis(500),
                        Duration.ofMillis(500),
                        Duration.ofMillis(200),
                        Duration.ofSeconds(2)),
                new LeaderOptions(
                        BATCH_BYTES,
                        byDefault.windowBytes(),
                        Duration.ofSeconds(1),
                        READ_LEASE.dividedBy(TICKS_PER_LEASE),
                        READ_LEASE,
                        SERVED_FOR,
                        Duration.ofSeconds(1),
                        byDefault.undecidedRetry(),
                        byDefault.progressInterval(),
                        scrub));
    }

    void start() {
        world.network().listen(endpoint, machine.id(), process, host.requests());
        host.join(liberties.service(service, machine.id()), endpoint)
                .whenComplete((joined, failure) -> world.note(() ->
                        machine.id() + (failure == null ? " has joined" : " does not join: " + failure.getMessage())));
        for (ReplicaId each : machine.disks().keySet()) {
            Product product = new Product(world, this, each);
            products.put(each.volume(), product);
            product.start();
        }
    }

    void die() {
        process.kill();
        session.abandon();
        engine.abandon();
        world.network().died(process);
    }

    void shutDown(Runnable ended) {
        if (ending) {
            return;
        }
        ending = true;
        process.workers()
                .execute(() -> host.resign()
                        .whenComplete((nothing, never) -> host.closeStores("shut down")
                                .whenComplete((closed, failure) -> {
                                    host.leave();
                                    session.close();
                                    world.agenda().soon(ended);
                                })));
    }

    /**
     * The process itself.
     *
     * @return the same at every call
     */
    public SimulatedProcess process() {
        return process;
    }

    /**
     * Its session with the coordination service.
     *
     * @return the client's side
     */
    public MemoryStore session() {
        return session;
    }

    /**
     * The driver's host.
     *
     * @return the same at every call
     */
    public ReplicaHost host() {
        return host;
    }

    /**
     * What it does with each volume.
     *
     * @return in a fixed order
     */
    public List<Product> products() {
        return List.copyOf(products.values());
    }

    /**
     * What it does with one volume.
     *
     * @param volume which
     * @return empty where it has no replica of it
     */
    public Optional<Product> product(VolumeId volume) {
        return Optional.ofNullable(products.get(volume));
    }

    /**
     * The pins that its stores hold.
     *
     * @return how many
     */
    public int pins() {
        return products.values().stream()
                .flatMap(each -> each.store().stream())
                .mapToInt(OpenDisk::pins)
                .sum();
    }

    /**
     * Whether it leads anything.
     *
     * @return what it believes
     */
    public boolean leads() {
        return products.values().stream().anyMatch(each -> each.term().isPresent());
    }

    /**
     * Its stores take back every pin (R20).
     *
     * @return whether there was one
     */
    public boolean revokePins() {
        return products.values().stream()
                .flatMap(each -> each.store().stream())
                .map(OpenDisk::revokePins)
                .reduce(false, Boolean::logicalOr);
    }

    /**
     * How many recoveries its operator has ended.
     *
     * @return a count that only rises
     */
    public long cancelled() {
        return cancelled;
    }

    /**
     * An operator cancels the next recovery.
     *
     * @return lets it be recovered again: who cancels must say so
     */
    public Runnable cancelNext() {
        return cancelling.next();
    }

    /**
     * An operator takes a recovery into his own hands, and leaves it half done.
     *
     * @param replica of a volume that this process leads
     * @return goes on with it, and gives it back to the driver
     */
    public Runnable takeInHand(ReplicaId replica) {
        ByHand taken = new ByHand(this, replica);
        taken.take();
        return taken::goOn;
    }

    /**
     * An operator bounds what a recovery may send from here, also one that has begun.
     *
     * @param bytesPerSecond at most, or empty for no bound
     */
    public void throttle(OptionalLong bytesPerSecond) {
        rate = bytesPerSecond;
    }

    /**
     * The policy gives up after some failures in a row, by way of a rebuild.
     *
     * @param is whether it does
     */
    public void impatient(boolean is) {
        policy.impatient(is);
    }

    /** An operator asks again for every recovery that was given up. */
    public void askAgain() {
        process.workers()
                .execute(() -> host.leaders()
                        .forEach(term -> term.status()
                                .thenAccept(all -> all.stream()
                                        .filter(each -> each.state().equals("GIVEN_UP"))
                                        .forEach(each -> {
                                            world.note(() -> machine.id() + " is asked again for " + each.replica());
                                            operate(each.replica(), senders -> senders.recover(each.replica()));
                                        }))));
    }

    /**
     * An operator changes a volume's replica set, or its least size, on this host.
     *
     * @param change what; it may be refused
     */
    public void administer(Administration change) {
        process.workers().execute(() -> {
            try {
                change.of(host)
                        .whenComplete((nothing, failure) -> world.note(() -> machine.id()
                                + (failure == null ? " has made the change" : " refuses: " + failure.getMessage())));
            } catch (RecoveryException refused) {
                world.note(() -> machine.id() + " refuses: " + refused.getMessage());
            }
        });
    }

    /** What an operator asks of a host. */
    @FunctionalInterface
    public interface Administration {
        /**
         * Asks for it.
         *
         * @param host of whom
         * @return completes when it is done
         * @throws RecoveryException when it cannot be
         */
        CompletionStage<?> of(ReplicaHost host) throws RecoveryException;
    }

    void operate(ReplicaId replica, Consumer<SenderAccess> how) {
        process.workers().execute(() -> {
            try {
                how.accept(host.senders(replica.volume()));
            } catch (RecoveryException over) {
                world.note(() -> "nothing to operate on: " + over.getMessage());
            }
        });
    }

    Liberties liberties() {
        return liberties;
    }

    boolean isEnding() {
        return ending;
    }

    @Override
    public void event(RecoveryEvent event) {
        if (event instanceof RecoveryEvent.RecoveryPlanned planned) {
            cancelling.planned(planned.plan());
        } else if (event instanceof RecoveryEvent.RecoveryCancelled end
                && end.why().endsWith(Cancelling.WHY)) {
            cancelled++;
        } else if (event instanceof RecoveryEvent.StoreOrphaned orphaned) {
            product(orphaned.replica().volume()).ifPresent(each -> each.orphaned(orphaned.incarnation()));
        }
        world.told(machine.id(), event);
    }

    @Override
    public void sent(long entries, long bytes) {}

    @Override
    public void step(long nanos) {}

    @Override
    public void scrubbed(long bytes) {}

    @Override
    public void committed() {}

    @Override
    public void forced(long nanos) {}

    @Override
    public void defect(String where, Throwable error) {
        world.defect(machine.id(), where, error);
    }

    /** What its stores take in, for who looks on. */
    private record Seen(Around world) implements OpenDisk.Accepted {
        @Override
        public void accepted(ReplicaId by, EntryId previous, LogEntry entry) {
            world.appended(by, previous, entry);
        }

        @Override
        public void committed(Disk disk, long lsn) {
            world.committed(disk, lsn);
        }

        @Override
        public void removed(ReplicaId replica) {
            world.removed(replica);
        }
    }

    /** The liberties of this process, with every gate watched. */
    private final class Watching implements HostWiring {
        @Override
        public StoreGate gate(ReplicaId store, StoreGate real) {
            return new Watched(liberties.gate(store, real), token -> world.accepted(store, token));
        }

        @Override
        public LocalGate ownWriter(LocalGate real) {
            return liberties.ownWriter(real);
        }

        @Override
        public Membership membership(Membership real) {
            return liberties.membership(real);
        }

        @Override
        public Planning planning() {
            return liberties.planning();
        }

        @Override
        public Counting counting() {
            return liberties.counting();
        }
    }
}
