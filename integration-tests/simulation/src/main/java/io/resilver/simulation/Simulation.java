package io.resilver.simulation;

import io.resilver.coordination.Paths;
import io.resilver.coordination.VolumeRecord;
import io.resilver.coordination.memory.Fate;
import io.resilver.coordination.memory.MemoryEnsemble;
import io.resilver.simulation.check.Bounds;
import io.resilver.simulation.check.Objection;
import io.resilver.simulation.disk.Disk;
import io.resilver.simulation.host.Around;
import io.resilver.simulation.host.Liberties;
import io.resilver.simulation.host.Product;
import io.resilver.simulation.host.SimulatedHost;
import io.resilver.simulation.network.Network;
import io.resilver.simulation.time.Agenda;
import io.resilver.simulation.time.SimulatedProcess;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.Token;
import io.resilver.spi.model.VolumeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * One run: whole hosts under one seed, in one thread. Volumes are created and led; then things go wrong while clients write and
 * read everywhere; then all is mended, and everything must come back. After each step the checkers look. A run ends at the
 * first objection.
 */
public final class Simulation implements Around {
    private static final Duration SESSION = Duration.ofSeconds(6);
    private static final long SECOND = 1_000_000_000;
    private static final long TO_BEGIN_NANOS = 20 * SECOND;
    private static final long TO_HEAL_NANOS = 90 * SECOND;
    /** A primary reads its record as rarely when nothing tells it to: it hears so late of what another host changed in it. */
    private static final long TO_HEAR_NANOS = 300 * SECOND;

    /**
     * Two volumes come back within some hundred steps, or a thousand, while the time that they have is full of writes: more is a
     * host that goes round in circles. More volumes, and more time, have as many steps more.
     */
    private static final long STEPS_TO_HEAL = 200_000;

    /** The most writes of one client at a time. */
    private static final int MOST_AT_ONCE = 4;

    private final long seed;
    private final Scene scene;
    private final boolean tracing;
    private final Random random;
    private final Agenda agenda = new Agenda();
    private final MemoryEnsemble ensemble;
    private final Network network;
    private final Troubles troubles;
    private final Bounds bounds;
    private final Clocks clocks = new Clocks(agenda::nanos);
    private final List<SimulatedHost> hosts = new ArrayList<>();
    private final Map<VolumeId, VolumeState> volumes = new LinkedHashMap<>();
    private final Map<Recovered, Long> recoveries = new TreeMap<>();
    private final List<String> trace = new ArrayList<>();
    private Optional<Objection> objection = Optional.empty();
    private long written;
    private long idle;

    private Simulation(long seed, Scene scene, boolean tracing) {
        this.seed = seed;
        this.scene = scene;
        this.tracing = tracing;
        this.random = new Random(seed);
        SimulatedProcess service = new SimulatedProcess(agenda, random, random, 0);
        this.ensemble = new MemoryEnsemble(service, SESSION, Duration.ofMillis(random.nextInt(2_000)));
        this.network = new Network(agenda, random, Duration.ofMillis(scene.mix().messageMs()));
        this.bounds = new Bounds(scene.replicas() * scene.volumes());
        this.troubles = new Troubles(this, new Random(random.nextLong()));
    }

    /**
     * Runs to the end, or to the first objection.
     *
     * @param seed decides everything
     * @param scene what it is made of
     * @param tracing whether it writes down what happens
     * @return what came of it
     */
    public static Outcome run(long seed, Scene scene, boolean tracing) {
        return new Simulation(seed, scene, tracing).run();
    }

    private Outcome run() {
        build();
        clients();
        if (pass(TO_BEGIN_NANOS, () -> isWhole() && isWrittenSince(Map.of()))) {
            troubles.begin();
            while (objection.isEmpty() && agenda.steps() < scene.steps()) {
                step(Long.MAX_VALUE);
            }
            troubles.end();
            heal();
        } else if (objection.isEmpty()) {
            object(new Objection("liveness", "nothing had gone wrong, and the volumes did not become whole"));
        }
        long acknowledged = volumes.values().stream()
                .mapToLong(each -> each.history().acknowledgements())
                .sum();
        return new Outcome(
                seed,
                agenda.steps(),
                idle,
                agenda.nanos(),
                acknowledged,
                recoveries,
                troubles.counts(),
                troubles.begun(),
                objection,
                trace);
    }

    private void build() {
        for (int v = 1; v <= scene.volumes(); v++) {
            VolumeId id = new VolumeId("v" + v);
            volumes.put(id, new VolumeState(id, agenda::nanos));
        }
        for (int h = 1; h <= scene.hosts(); h++) {
            SimulatedHost host = new SimulatedHost(this, h, replicasOf(h));
            hosts.add(host);
            host.disks().values().forEach(disk -> state(disk.replica().volume()).add(disk));
        }
        hosts.forEach(SimulatedHost::start);
        agenda.after(SECOND, () -> volumes.keySet().forEach(this::create));
        agenda.settle();
    }

    /** The volumes are spread over the hosts, one replica a host. */
    private List<ReplicaId> replicasOf(int host) {
        List<ReplicaId> here = new ArrayList<>();
        int volume = 0;
        for (VolumeId each : volumes.keySet()) {
            int distance = Math.floorMod(host - 1 - volume, scene.hosts());
            if (distance < scene.replicas()) {
                here.add(new ReplicaId(each, "h" + host));
            }
            volume++;
        }
        return here;
    }

    private void create(VolumeId volume) {
        List<ReplicaAssignment> replicas = hosts.stream()
                .flatMap(host -> host.disks().keySet().stream()
                        .filter(each -> each.volume().equals(volume))
                        .map(each -> new ReplicaAssignment(each, host.id(), Optional.empty(), Duty.FOLLOW)))
                .toList();
        try {
            hosts.get(0).running().orElseThrow().host().createVolume(new VolumeSpec(volume, replicas, 1));
        } catch (RecoveryException e) {
            throw new IllegalStateException(e);
        }
    }

    private void clients() {
        agenda.after((long) (random.nextDouble() * scene.mix().clientMs() * 1_000_000), () -> {
            List<Product> led = hosts.stream()
                    .flatMap(host -> host.running().stream())
                    .flatMap(running -> running.products().stream())
                    .filter(each -> each.term().isPresent()) // another would refuse
                    .toList();
            if (!led.isEmpty()) {
                Product one = led.get(random.nextInt(led.size()));
                for (int writes = 1 + random.nextInt(MOST_AT_ONCE); writes > 0; writes--) {
                    one.write();
                }
                one.read();
            }
            clients();
        });
    }

    /** Whether every replica is called in sync, and is. */
    boolean isWhole() {
        return volumes.values().stream().allMatch(VolumeState::isWhole);
    }

    /** Everything comes back within its time, is written to, and holds no more than it needs. */
    private void heal() {
        Map<VolumeId, Long> before = new LinkedHashMap<>();
        volumes.values().forEach(each -> before.put(each.id(), each.history().acknowledgements()));
        long nanos = TO_HEAL_NANOS + (troubles.isNewsSlow() ? TO_HEAR_NANOS : 0);
        boolean back = pass(nanos, () -> isWhole() && isWrittenSince(before) && arePinsRight() && isLetGo());
        if (!back && objection.isEmpty()) {
            object(new Objection(
                    "liveness",
                    "everything was mended for " + nanos / SECOND + " s or " + stepsToHeal(nanos) + " steps, and "
                            + missing(before)));
        }
    }

    private boolean isWrittenSince(Map<VolumeId, Long> before) {
        return volumes.values().stream()
                .allMatch(each -> each.history().acknowledgements() > before.getOrDefault(each.id(), 0L));
    }

    /** Each leader holds one pin for each other replica of its volumes, in its ledger and in its stores. */
    private boolean arePinsRight() {
        return hosts.stream().flatMap(each -> each.running().stream()).allMatch(running -> {
            int wanted = running.host().leaders().stream()
                    .mapToInt(term -> state(term.volume()).others())
                    .sum();
            return running.host().ledger().count() == wanted && running.pins() == wanted;
        });
    }

    /** Nobody has a store open of a replica that is none any more (R41). */
    private boolean isLetGo() {
        return hosts.stream()
                .flatMap(each -> each.running().stream())
                .flatMap(each -> each.products().stream())
                .filter(each -> each.store().isPresent())
                .allMatch(each -> state(each.replica().volume()).hasReplica(each.replica()));
    }

    private String missing(Map<VolumeId, Long> before) {
        List<String> all = new ArrayList<>();
        for (VolumeState each : volumes.values()) {
            if (!each.isWhole()) {
                all.add(each.id() + " is not whole: "
                        + each.record()
                                .map(record -> "in sync are " + record.inSync())
                                .orElse("it has no record"));
            }
            if (each.history().acknowledgements() == before.getOrDefault(each.id(), 0L)) {
                all.add("nothing of " + each.id() + " is acknowledged");
            }
        }
        if (!isLetGo()) {
            all.add("a store is open of a replica that is none any more");
        }
        if (!arePinsRight()) {
            hosts.forEach(each -> each.running()
                    .ifPresent(running -> all.add(each.id() + " leads "
                            + running.host().leaders().size() + " volumes, its ledger has "
                            + running.host().ledger().count() + " pins and its stores have " + running.pins())));
        }
        return String.join("; ", all);
    }

    private long stepsToHeal(long nanos) {
        long times = Math.max(1, nanos / TO_HEAL_NANOS) * Math.max(1, volumes.size() / 2);
        return STEPS_TO_HEAL * times;
    }

    /** Goes on until something is so; false when it is not so in time, or at an objection. */
    private boolean pass(long nanos, Supplier<Boolean> until) {
        long end = agenda.nanos() + nanos;
        long lastStep = agenda.steps() + stepsToHeal(nanos);
        while (objection.isEmpty()) {
            if (until.get()) {
                return true;
            }
            if (agenda.steps() > lastStep || !step(end)) {
                return false;
            }
        }
        return false;
    }

    private boolean step(long untilNanos) {
        long before = activity();
        if (!agenda.step(untilNanos)) {
            return false;
        }
        look();
        if (activity() == before) {
            idle++;
        }
        return true;
    }

    private long activity() {
        return network.sent() + ensemble.changes() + written;
    }

    private void look() {
        for (VolumeState each : volumes.values()) {
            each.look(ensemble).ifPresent(this::object);
        }
        troubles.look();
        bounds.waiting(agenda.waiting()).ifPresent(this::object);
        bounds.stream(network.longest()).ifPresent(this::object);
        if ((agenda.steps() & 63) == 0) {
            for (SimulatedHost each : hosts) {
                each.running()
                        .flatMap(running -> bounds.pins(each.id(), running.pins()))
                        .ifPresent(this::object);
            }
        }
    }

    private void object(Objection what) {
        if (objection.isEmpty()) {
            objection = Optional.of(what);
            note(() -> "OBJECTION " + what);
        }
    }

    private VolumeState state(VolumeId volume) {
        VolumeState state = volumes.get(volume);
        if (state == null) {
            throw new IllegalStateException("no such volume: " + volume);
        }
        return state;
    }

    // ------------------------------------------------------------------------------------------------ what hosts see

    @Override
    public Agenda agenda() {
        return agenda;
    }

    @Override
    public Random random() {
        return random;
    }

    @Override
    public Network network() {
        return network;
    }

    @Override
    public MemoryEnsemble ensemble() {
        return ensemble;
    }

    @Override
    public Liberties liberties() {
        return scene.liberties().get();
    }

    @Override
    public Duration grace() {
        return Duration.ofMillis(scene.mix().graceMs());
    }

    @Override
    public Fate fate(HostId host) {
        return troubles.fate(host);
    }

    @Override
    public void started(SimulatedHost host) {
        troubles.started(host);
    }

    @Override
    public void accepted(ReplicaId store, Token token) {
        state(store.volume()).writers().accepted(store, token).ifPresent(this::object);
    }

    @Override
    public void appended(ReplicaId store, EntryId previous, LogEntry entry) {
        written++;
        VolumeState state = state(store.volume());
        state.history().appended(previous, entry);
        state.writers().appended(store, entry).ifPresent(this::object);
    }

    @Override
    public void committed(Disk disk, long lsn) {
        VolumeState state = state(disk.replica().volume());
        if (lsn > state.history().lastLsn()) {
            state.committed(disk, lsn).ifPresent(this::object);
        }
    }

    @Override
    public void removed(ReplicaId store) {
        note(() -> "the store of " + store + " is removed");
        state(store.volume()).removed(store);
    }

    @Override
    public void acknowledged(VolumeId volume, EntryId entry) {
        written++;
        VolumeState state = state(volume);
        note(() -> volume + " acknowledges " + entry);
        state.history().acknowledged(entry).ifPresent(this::object);
    }

    @Override
    public void read(SimulatedProcess by, VolumeId volume, OptionalLong committedLsn) {
        boolean stale = !clocks.areGoodFor(by);
        state(volume).history().read(committedLsn, stale).ifPresent(this::object);
    }

    @Override
    public void told(HostId host, RecoveryEvent event) {
        written++;
        if (event instanceof RecoveryEvent.RecoveryCompleted completed) {
            recoveries.merge(
                    new Recovered(
                            completed.report().outcome(), completed.report().reason()),
                    1L,
                    Long::sum);
        } else if (event instanceof RecoveryEvent.ContentDiffers || event instanceof RecoveryEvent.ImageDiffers) {
            object(new Objection("R7", "no bytes were changed silently, and " + host + " says " + event));
        }
        note(() -> host + " says " + event);
    }

    @Override
    public void defect(HostId host, String where, Throwable error) {
        object(new Objection(
                "defect",
                "a task of " + host + " (" + where + ") threw " + error + " at "
                        + (error.getStackTrace().length == 0 ? "an unknown place" : error.getStackTrace()[0])));
    }

    @Override
    public void note(Supplier<String> what) {
        if (tracing) {
            trace.add(agenda.nanos() / 1_000_000 + " ms: " + what.get());
        }
    }

    // ------------------------------------------------------------------------------------------------ what troubles
    // see

    long seed() {
        return seed;
    }

    Scene scene() {
        return scene;
    }

    List<SimulatedHost> hosts() {
        return hosts;
    }

    Clocks clocks() {
        return clocks;
    }

    boolean mayLose(SimulatedHost host, ReplicaId replica) {
        return host.running().isPresent() && state(replica.volume()).mayLose(host.id(), replica);
    }

    /** Whether an older state loses nothing by itself. */
    boolean mayRestore(MemoryEnsemble.Backup backup) {
        return volumes.values().stream().allMatch(each -> each.mayRestore(then(each, backup)));
    }

    /** Whether an older state is as good, but that it calls some in sync who are not any more. */
    boolean isOutdated(MemoryEnsemble.Backup backup) {
        return volumes.values().stream().allMatch(each -> each.mayReadmit(then(each, backup))) && !mayRestore(backup);
    }

    private static Optional<VolumeRecord> then(VolumeState volume, MemoryEnsemble.Backup backup) {
        return VolumeState.decode(volume.id(), backup.then(Paths.volume(volume.id())));
    }

    void restore(MemoryEnsemble.Backup backup) {
        volumes.values().forEach(each -> each.restoring(then(each, backup)));
        ensemble.restore(backup);
    }

    Optional<VolumeRecord> record(VolumeId volume) {
        return state(volume).record();
    }

    void tampered(ReplicaId replica, StoreIdentity was) {
        state(replica.volume()).tampered(replica, was);
    }
}
