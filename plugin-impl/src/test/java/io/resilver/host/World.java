package io.resilver.host;

import io.resilver.coordination.memory.Fate;
import io.resilver.coordination.memory.MemoryEnsemble;
import io.resilver.replica.ManualRuntime;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import io.resilver.spi.model.VolumeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Three whole hosts of one volume under a seed: the driver's loop, authority, in-sync set, senders, gates and targets, over
 * a coordination service, a network, disks and a clock in memory. Hosts are cut off, stopped, killed and started again while
 * clients write and read wherever they are let. Two checkers look on; a run ends at the first objection.
 */
final class World {
    static final Duration SESSION = Duration.ofSeconds(6);

    /** The objection to a volume that does not come back. */
    static final String STANDS_STILL = "nothing is acknowledged although everything has healed";

    private static final VolumeId VOLUME = new VolumeId("vol");
    private static final List<String> NAMES = List.of("a", "b", "c");
    private static final Duration PIECE = Duration.ofMillis(5);
    private static final Duration TO_BEGIN = Duration.ofSeconds(4);
    private static final Duration TO_HEAL = Duration.ofSeconds(20);
    private static final int TROUBLES = 12;
    private static final int PERCENT = 100;

    private final Wiring wiring;
    private final Random random;
    private final ManualRuntime runtime;
    private final MemoryEnsemble ensemble;
    private final WorldNetwork network;
    private final List<WorldHost> hosts = new ArrayList<>();
    private final List<String> trace = new ArrayList<>();
    private final WriterCheck writers = new WriterCheck();
    private final AcknowledgementCheck acknowledgements = new AcknowledgementCheck();
    private Optional<String> objection = Optional.empty();
    private Optional<Incarnation> incarnation = Optional.empty();
    private final Set<WorldHost> slow = new HashSet<>();
    private boolean troubled;

    World(long seed, Wiring wiring) {
        this.wiring = wiring;
        this.random = new Random(seed);
        this.runtime = new ManualRuntime(seed);
        this.ensemble = new MemoryEnsemble(runtime, SESSION, Duration.ofMillis(random.nextInt(2_000)));
        this.network = new WorldNetwork(runtime, random);
    }

    /** Runs to the end or to the first objection. */
    Optional<String> run() throws RecoveryException {
        for (String name : NAMES) {
            hosts.add(new WorldHost(this, name));
        }
        hosts.forEach(host -> host.serving().start());
        pass(Duration.ofSeconds(1));
        create();
        pass(Duration.ofSeconds(1));
        hosts.forEach(host -> host.serving().admit());
        pass(TO_BEGIN);
        troubled = true;
        for (int i = 0; i < TROUBLES && objection.isEmpty(); i++) {
            trouble();
        }
        troubled = false;
        int before = acknowledgements.size();
        pass(TO_HEAL);
        if (objection.isEmpty() && acknowledgements.size() == before) {
            object(Optional.of(STANDS_STILL));
        }
        return objection;
    }

    private void create() {
        hosts.get(0)
                .serving()
                .volumes()
                .create(new VolumeSpec(
                        VOLUME,
                        NAMES.stream()
                                .map(each -> new ReplicaAssignment(
                                        replica(each), new HostId(each), Optional.empty(), Duty.FOLLOW))
                                .toList(),
                        1))
                .whenComplete((made, failure) -> incarnation = Optional.ofNullable(made));
    }

    /** Something goes wrong for a while, and is mended. */
    private void trouble() {
        WorldHost host = hosts.get(random.nextInt(hosts.size()));
        Duration time = Duration.ofMillis(200 + random.nextInt(7_000));
        switch (random.nextInt(11)) {
            case 0, 1, 2 -> {
                isolate(host);
                pass(time);
                mend();
            }
            case 3 -> {
                WorldHost other = hosts.get(random.nextInt(hosts.size()));
                isolate(other);
                pass(Duration.ofMillis(random.nextInt(4_000)));
                isolate(host);
                pass(time);
                mend();
            }
            case 8, 9 -> {
                note(host.name() + " reaches nobody but the coordination service, and that badly");
                slow.add(host);
                cutFromHosts(host);
                pass(time);
                slow.clear();
                mend();
            }
            case 4 -> {
                note(host.name() + " is cut off in one direction");
                boolean outward = random.nextBoolean();
                for (WorldHost each : hosts) {
                    network.cut(outward ? host.name() : each.name(), outward ? each.name() : host.name());
                }
                pass(time);
                mend();
            }
            case 5, 6 -> {
                note(host.name() + " is stopped");
                host.time().pause();
                pass(time);
                note(host.name() + " goes on");
                host.time().resume();
            }
            case 7 -> {
                host.crash();
                pass(time);
                host.restart();
            }
            default -> {
                note(host.name() + " loses its session");
                ensemble.expire(host.serving().client().session());
            }
        }
        pass(Duration.ofMillis(random.nextInt(3_000)));
    }

    private void isolate(WorldHost host) {
        note(host.name() + " is alone");
        host.serving().client().cutOff(true);
        cutFromHosts(host);
    }

    private void cutFromHosts(WorldHost host) {
        for (WorldHost each : hosts) {
            network.cut(host.name(), each.name());
            network.cut(each.name(), host.name());
        }
    }

    private void mend() {
        note("the network is mended");
        network.heal();
        hosts.forEach(host -> host.serving().client().cutOff(false));
    }

    /** Lets time go on, with clients that write and read everywhere. */
    private void pass(Duration time) {
        for (Duration left = time; !left.isNegative() && !left.isZero(); left = left.minus(PIECE)) {
            if (objection.isPresent()) {
                return;
            }
            if (random.nextInt(8) == 0) {
                WorldHost host = hosts.get(random.nextInt(hosts.size()));
                host.serving().write();
                host.serving().read();
            }
            runtime.advance(PIECE);
            runtime.runAll();
        }
    }

    /** What becomes of a request to the coordination service. */
    Fate fate(WorldHost host) {
        if (slow.contains(host)) {
            return switch (random.nextInt(4)) {
                case 0 -> Fate.REQUEST_LOST;
                case 1 -> Fate.PROMPT;
                default -> Fate.late(Duration.ofMillis(random.nextInt(1_500)));
            };
        }
        if (!troubled || random.nextInt(PERCENT) < 85) {
            return Fate.PROMPT;
        }
        return switch (random.nextInt(4)) {
            case 0 -> Fate.REQUEST_LOST;
            case 1 -> Fate.ANSWER_LOST;
            case 2 -> Fate.stale(1 + random.nextInt(3));
            default -> Fate.late(Duration.ofMillis(random.nextInt(2_500)));
        };
    }

    void accepted(String store, Token token) {
        object(writers.accepted(store, token));
    }

    void acknowledged(Epoch epoch, EntryId entry, Supplier<List<EntryId>> log) {
        object(writers.acknowledged(entry));
        object(acknowledgements.acknowledged(epoch.number(), entry, log));
    }

    void read(Epoch epoch, OptionalLong committed) {
        object(acknowledgements.read(epoch.number(), committed));
    }

    void uncaught(Throwable error) {
        object(Optional.of("a task threw: " + error));
    }

    private void object(Optional<String> what) {
        if (objection.isEmpty() && what.isPresent()) {
            objection = what;
            note("OBJECTION: " + what.get());
        }
    }

    void note(String what) {
        trace.add(runtime.clock().nanos() / 1_000_000 + " ms: " + what);
    }

    /** What happened, for people. */
    String trace() {
        return String.join("\n", trace);
    }

    /** How many writes were acknowledged. */
    int acknowledged() {
        return acknowledgements.size();
    }

    WorldHost host(String name) {
        return hosts.get(NAMES.indexOf(name));
    }

    Wiring wiring() {
        return wiring;
    }

    Random random() {
        return random;
    }

    ManualRuntime runtime() {
        return runtime;
    }

    MemoryEnsemble ensemble() {
        return ensemble;
    }

    WorldNetwork network() {
        return network;
    }

    Optional<Incarnation> incarnation() {
        return incarnation;
    }

    static ReplicaId replica(String name) {
        return new ReplicaId(VOLUME, name);
    }

    static Endpoint endpoint(String name) {
        return new Endpoint("127.0.0.1", 1 + NAMES.indexOf(name));
    }
}
