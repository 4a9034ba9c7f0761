package io.resilver.simulation;

import io.resilver.coordination.Paths;
import io.resilver.coordination.VolumeRecord;
import io.resilver.coordination.memory.Fate;
import io.resilver.coordination.memory.MemoryEnsemble;
import io.resilver.simulation.disk.Disk;
import io.resilver.simulation.disk.OpenDisk;
import io.resilver.simulation.host.Around;
import io.resilver.simulation.host.Liberties;
import io.resilver.simulation.host.Product;
import io.resilver.simulation.host.Running;
import io.resilver.simulation.host.SimulatedHost;
import io.resilver.simulation.network.Network;
import io.resilver.simulation.time.Agenda;
import io.resilver.simulation.time.SimulatedProcess;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.ReplicaStatus;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import io.resilver.spi.model.VolumeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Whole hosts with one volume, to which nothing happens but what a test does. */
final class QuietWorld implements Around {
    static final VolumeId VOLUME = new VolumeId("v1");
    private static final Duration SESSION = Duration.ofSeconds(6);
    private static final Duration SLOWEST_MESSAGE = Duration.ofMillis(15);
    private static final Duration GRACE = Duration.ofSeconds(1);
    private static final long SECOND = 1_000_000_000;
    private static final long CLIENT_NANOS = SECOND / 25;

    final List<RecoveryEvent> events = new ArrayList<>();
    final List<String> defects = new ArrayList<>();
    final List<SimulatedHost> hosts = new ArrayList<>();
    private final Random random;
    private final Agenda agenda = new Agenda();
    private final MemoryEnsemble ensemble;
    private final Network network;
    private final Liberties liberties;

    QuietWorld(long seed, int size, Liberties liberties) {
        this.random = new Random(seed);
        this.liberties = liberties;
        this.ensemble =
                new MemoryEnsemble(new SimulatedProcess(agenda, random, random, 0), SESSION, Duration.ofMillis(100));
        this.network = new Network(agenda, random, SLOWEST_MESSAGE);
        for (int number = 1; number <= size; number++) {
            hosts.add(new SimulatedHost(this, number, List.of(new ReplicaId(VOLUME, "h" + number))));
        }
        hosts.forEach(SimulatedHost::start);
        agenda.after(SECOND, this::create);
        clients();
    }

    private void create() {
        List<ReplicaAssignment> replicas = hosts.stream()
                .map(host -> new ReplicaAssignment(replica(host), host.id(), Optional.empty(), Duty.FOLLOW))
                .toList();
        try {
            hosts.get(0).running().orElseThrow().host().createVolume(new VolumeSpec(VOLUME, replicas, 1));
        } catch (RecoveryException e) {
            throw new IllegalStateException(e);
        }
    }

    private void clients() {
        agenda.after(CLIENT_NANOS, () -> {
            hosts.forEach(each ->
                    each.running().flatMap(running -> running.product(VOLUME)).ifPresent(Product::write));
            clients();
        });
    }

    /** Goes on until something is so; false when it is not so in time. */
    boolean pass(Duration most, BooleanSupplier until) {
        long end = agenda.nanos() + most.toNanos();
        while (!until.getAsBoolean()) {
            if (!agenda.step(end)) {
                return false;
            }
        }
        return true;
    }

    /** Lets time go by. */
    void pass(Duration time) {
        pass(time, () -> false);
    }

    Optional<VolumeRecord> record() {
        return VolumeState.decode(VOLUME, ensemble.now(Paths.volume(VOLUME)));
    }

    boolean isWhole() {
        return record().filter(each -> each.inSync().size() == hosts.size()).isPresent();
    }

    /** From now on no log is trimmed. */
    void holdLogs() {
        try {
            for (SimulatedHost each : hosts) {
                OpenDisk store = each.running()
                        .flatMap(running -> running.product(VOLUME))
                        .flatMap(Product::store)
                        .orElseThrow();
                store.pinLog(store.disk().trimmedTo().lsn());
            }
        } catch (RecoveryException e) {
            throw new IllegalStateException(e);
        }
    }

    SimulatedHost leader() {
        return hosts.stream()
                .filter(each -> each.running()
                        .flatMap(running -> running.product(VOLUME))
                        .flatMap(Product::term)
                        .isPresent())
                .findFirst()
                .orElseThrow();
    }

    SimulatedHost follower() {
        SimulatedHost leader = leader();
        return hosts.stream().filter(each -> each != leader).findFirst().orElseThrow();
    }

    static ReplicaId replica(SimulatedHost host) {
        return host.disks().keySet().iterator().next();
    }

    static Disk disk(SimulatedHost host) {
        return host.disk(replica(host));
    }

    /** How the leader sees a replica. */
    ReplicaStatus status(ReplicaId replica) {
        List<ReplicaStatus> answer = new ArrayList<>();
        Running running = leader().running().orElseThrow();
        running.host().leaders().forEach(each -> each.status().thenAccept(answer::addAll));
        pass(Duration.ofSeconds(1), () -> !answer.isEmpty());
        return answer.stream()
                .filter(each -> each.replica().equals(replica))
                .findAny()
                .orElseThrow();
    }

    <T extends RecoveryEvent> List<T> told(Class<T> kind) {
        return events.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

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
        return liberties;
    }

    @Override
    public Duration grace() {
        return GRACE;
    }

    @Override
    public Fate fate(HostId host) {
        return Fate.PROMPT;
    }

    @Override
    public void started(SimulatedHost host) {}

    @Override
    public void accepted(ReplicaId store, Token token) {}

    @Override
    public void removed(ReplicaId store) {}

    @Override
    public void appended(ReplicaId store, EntryId previous, LogEntry entry) {}

    @Override
    public void committed(Disk disk, long lsn) {}

    @Override
    public void acknowledged(VolumeId volume, EntryId entry) {}

    @Override
    public void read(SimulatedProcess by, VolumeId volume, OptionalLong committedLsn) {}

    @Override
    public void told(HostId host, RecoveryEvent event) {
        events.add(event);
    }

    @Override
    public void defect(HostId host, String where, Throwable error) {
        defects.add(host + " (" + where + "): " + error);
    }

    @Override
    public void note(Supplier<String> what) {}
}
