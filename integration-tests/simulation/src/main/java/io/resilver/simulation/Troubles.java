package io.resilver.simulation;

import io.resilver.coordination.memory.Fate;
import io.resilver.coordination.memory.MemoryEnsemble;
import io.resilver.simulation.disk.Disk;
import io.resilver.simulation.fault.Fault;
import io.resilver.simulation.fault.FaultKind;
import io.resilver.simulation.host.Running;
import io.resilver.simulation.host.SimulatedHost;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/** Lets things go wrong in their time, and mends them. */
final class Troubles {
    private static final long SLOW_DISK_NANOS = 800_000_000;
    private static final long BACKUP_NANOS = 3_000_000_000L;
    private static final long SETTLING_NANOS = 100_000_000;
    /** By then a member that makes nothing durable is out of the set. */
    private static final long LEAVING_NANOS = 1_500_000_000;

    private static final int LATEST_MS = 1_500;
    private static final int LONGEST_LEAP_MS = 9_000;

    private final Simulation world;
    private final Random random;
    private final Operators operators;
    private final Administrators administrators;
    private final Evidence evidence;
    private final Map<FaultKind, Long> counts = new EnumMap<>(FaultKind.class);
    /** How many faults hold each place in its state: the last one that ends mends it. */
    private final Map<String, Integer> reasons = new HashMap<>();

    private final Map<ReplicaId, Disk> backups = new LinkedHashMap<>();
    private final List<Runnable> mending = new ArrayList<>();
    private Optional<MemoryEnsemble.Backup> ensembleBackup = Optional.empty();
    private int begun;
    private boolean over;
    /** Whether nothing may begin until all is whole. */
    private boolean settling;

    Troubles(Simulation world, Random random) {
        this.world = world;
        this.random = random;
        this.operators = new Operators(world, this, random);
        this.administrators = new Administrators(world, this, random);
        this.evidence = new Evidence(world.network(), world.hosts());
    }

    /** What went wrong: faults that found something to fail. */
    Map<FaultKind, Long> counts() {
        return counts;
    }

    int begun() {
        return begun;
    }

    /** The first fault, and after it each next one, until {@link #end}. */
    void begin() {
        world.agenda().after(BACKUP_NANOS / 3, this::backUp);
        next();
    }

    private void backUp() {
        ensembleBackup = Optional.of(world.ensemble().backUp());
        if (!over) {
            world.agenda().after(BACKUP_NANOS, this::backUp);
        }
    }

    private void next() {
        if (over) {
            return;
        }
        if (settling) {
            settling = !isQuiet();
            world.agenda().after(SETTLING_NANOS, this::next);
            return;
        }
        Fault fault =
                Fault.of(world.seed(), begun, world.scene().mix(), world.hosts().size());
        boolean omitted = world.scene().omitted().contains(fault.number());
        if (!omitted && fault.kind() == FaultKind.OUTDATED_RESTORE && !isQuiet()) {
            settling = true; // it comes once all is whole
            world.agenda().after(SETTLING_NANOS, this::next);
            return;
        }
        begun++;
        if (!omitted) {
            begin(fault);
        }
        world.agenda().after(fault.nextNanos(), this::next);
    }

    private boolean isQuiet() {
        return mending.isEmpty() && world.isWhole();
    }

    /** Everything is mended, and nothing goes wrong any more. */
    void end() {
        over = true;
        world.note(() -> "from now on nothing goes wrong");
        List.copyOf(mending).forEach(Runnable::run);
        for (SimulatedHost each : world.hosts()) {
            each.disks().values().forEach(Disk::mend);
            each.start();
        }
    }

    /** What becomes of a request of a host to the coordination service. */
    Fate fate(HostId host) {
        if (over) {
            return Fate.PROMPT;
        }
        if (holds("unserved " + host)) {
            evidence.note(FaultKind.SERVICE_CUT, host);
        }
        if (!holds("slow service " + host)) {
            return random.nextInt(100) < 97 ? Fate.PROMPT : Fate.late(Duration.ofMillis(random.nextInt(200)));
        }
        evidence.note(FaultKind.SERVICE_SLOW, host);
        return switch (random.nextInt(7)) {
            case 0 -> Fate.REQUEST_LOST;
            case 1 -> Fate.ANSWER_LOST;
            case 2 -> Fate.stale(1 + random.nextInt(3));
            case 3 -> Fate.PROMPT;
            case 4 -> Fate.lostAndLate(Duration.ofMillis(1 + random.nextInt(LATEST_MS)));
            default -> Fate.late(Duration.ofMillis(random.nextInt(LATEST_MS)));
        };
    }

    /** Begins a fault; what mends it runs once, after its time or at the end of all faults. */
    private void begin(Fault fault) {
        SimulatedHost host = world.hosts().get(fault.host());
        SimulatedHost other = world.hosts().get(fault.other());
        Optional<LongSupplier> failures = evidence.of(fault.kind(), host, other);
        long before = failures.map(LongSupplier::getAsLong).orElse(0L);
        Optional<Runnable> mend = begin(fault.kind(), host, other);
        if (mend.isEmpty()) {
            return;
        }
        world.note(() -> "fault " + fault.number() + ": " + fault.kind().label() + " " + host.id()
                + (involvesOther(fault.kind()) ? " " + other.id() : ""));
        Runnable[] once = new Runnable[1];
        once[0] = () -> {
            if (mending.remove(once[0])) {
                world.note(() -> "fault " + fault.number() + " is over");
                mend.get().run();
                if (failures.isEmpty() || failures.get().getAsLong() > before) {
                    counts.merge(fault.kind(), 1L, Long::sum);
                }
            }
        };
        mending.add(once[0]);
        long lasts = fault.lastsNanos() + (fault.kind() == FaultKind.OUTDATED_RESTORE ? LEAVING_NANOS : 0);
        world.agenda().after(lasts, once[0]);
    }

    private static boolean involvesOther(FaultKind kind) {
        return kind == FaultKind.PARTITION || kind == FaultKind.ONE_WAY || kind == FaultKind.GARBLED;
    }

    /** A host, or another that leads something where that one leads nothing. */
    private SimulatedHost leading(SimulatedHost host) {
        return Stream.concat(Stream.of(host), world.hosts().stream())
                .filter(each -> each.running().filter(Running::leads).isPresent())
                .findFirst()
                .orElse(host);
    }

    private static void nothing() {}

    /** Over at once, or not at all. */
    private static Optional<Runnable> happened(boolean did) {
        return did ? Optional.of(Troubles::nothing) : Optional.empty();
    }

    /** What mends it, or empty where it cannot happen now. */
    private Optional<Runnable> begin(FaultKind kind, SimulatedHost host, SimulatedHost other) {
        switch (kind) {
            case ISOLATION -> {
                return Optional.of(isolate(host));
            }
            case PARTITION -> {
                return Optional.of(both(cut(host, other), cut(other, host)));
            }
            case ONE_WAY -> {
                return Optional.of(cut(host, other));
            }
            case GARBLED -> {
                return Optional.of(held(
                        "garbled " + host.id() + other.id(),
                        () -> world.network().garble(host.id(), other.id(), true),
                        () -> world.network().garble(host.id(), other.id(), false)));
            }
            case SERVICE_CUT -> {
                return Optional.of(unserved(host));
            }
            case SERVICE_SLOW -> {
                return Optional.of(held("slow service " + host.id(), Troubles::nothing, Troubles::nothing));
            }
            case RESET -> {
                return happened(world.network().reset(host.id()) > 0);
            }
            case EXPIRY -> {
                return happened(host.running()
                        .filter(running ->
                                world.ensemble().expire(running.session().session()))
                        .isPresent());
            }
            case PAUSE -> {
                return host.running().map(running -> {
                    running.process().stop();
                    return () -> running.process().goOn();
                });
            }
            case SLEEP -> {
                return host.running().map(running -> {
                    running.process().sleep();
                    return () -> running.process().wake();
                });
            }
            case CLOCK_LEAP -> {
                return host.running().map(running -> {
                    running.process().leap(Duration.ofMillis(random.nextInt(LONGEST_LEAP_MS)));
                    world.clocks().leapt();
                    return Troubles::nothing;
                });
            }
            case CRASH -> {
                return host.running().map(running -> {
                    host.crash();
                    return down(host);
                });
            }
            case RESTART -> {
                return host.running().map(running -> {
                    host.shutDown();
                    Runnable up = down(host);
                    return () -> {
                        host.crash(); // also one that could not end
                        up.run();
                    };
                });
            }
            case ENSEMBLE_LOSS -> {
                List<Runnable> all = world.hosts().stream().map(this::unserved).toList();
                return Optional.of(() -> all.forEach(Runnable::run));
            }
            case ENSEMBLE_RESTORE -> {
                return ensembleBackup.filter(world::mayRestore).map(backup -> {
                    world.restore(backup);
                    return Troubles::nothing;
                });
            }
            case OUTDATED_RESTORE -> {
                return Optional.of(outdate(host));
            }
            default -> {
                return disks(kind, host, other);
            }
        }
    }

    private Optional<Runnable> disks(FaultKind kind, SimulatedHost host, SimulatedHost other) {
        switch (kind) {
            case SLOW_DISK -> {
                return Optional.of(
                        held("slow disk " + host.id(), () -> slowDisk(host, SLOW_DISK_NANOS), () -> slowDisk(host, 0)));
            }
            case FULL_DISK -> {
                return Optional.of(full(host));
            }
            case FAILING_FLUSH -> {
                boolean losing = random.nextBoolean();
                Runnable mend = ofDisks("failing ", host, disk -> disk.failFlushes(losing), Disk::mendFlushes);
                return Optional.of(() -> {
                    mend.run();
                    openAgain(host);
                });
            }
            case BIT_ROT -> {
                return Optional.of(ofDisks("rotten ", host, Disk::rot, Disk::mend));
            }
            case BAD_CHECKPOINT -> {
                return happened(host.disks().values().stream()
                        .map(Disk::spoilCheckpoint)
                        .reduce(false, Boolean::logicalOr));
            }
            case REPLACED_DISK, RESTORED_DISK -> {
                return tamper(kind, host);
            }
            case REVOKED_PINS -> {
                return happened(
                        leading(host).running().filter(Running::revokePins).isPresent());
            }
            case CANCEL -> {
                return host.running().map(Running::cancelNext);
            }
            default -> {
                return kind == FaultKind.TAKEN_IN_HAND || kind == FaultKind.SLOW_RATE || kind == FaultKind.GIVING_UP
                        ? operators.begin(kind, host, other)
                        : administrators.begin(kind, host, other);
            }
        }
    }

    /** Somebody restarts a process with a store that takes nothing any more. */
    private void openAgain(SimulatedHost host) {
        if (host.disks().values().stream().anyMatch(Disk::hasLost)) {
            host.crash();
            down(host).run();
        }
    }

    /** A disk is another one when its host starts again; never one that alone holds what was acknowledged. */
    private Optional<Runnable> tamper(FaultKind kind, SimulatedHost host) {
        List<ReplicaId> spare = host.disks().keySet().stream()
                .filter(each -> world.mayLose(host, each))
                .toList();
        if (spare.isEmpty()) {
            return Optional.empty();
        }
        ReplicaId replica = spare.get(random.nextInt(spare.size()));
        StoreIdentity now = host.disk(replica).identity();
        Optional<Disk> backup = Optional.ofNullable(backups.get(replica))
                .filter(each -> each.identity().id().equals(now.id())
                        && each.identity().openCount() < now.openCount()); // one of this opening cannot be told apart
        if (kind == FaultKind.RESTORED_DISK && backup.isEmpty()) {
            return Optional.empty();
        }
        host.crash();
        if (kind == FaultKind.REPLACED_DISK) {
            host.replace(replica);
        } else {
            world.note(() -> "the disk of " + replica + " is restored from a backup");
            host.disk(replica).restore(backup.orElseThrow());
        }
        world.tampered(replica, now);
        evidence.note(kind, host.id());
        return Optional.of(down(host));
    }

    // ------------------------------------------------------------------------------------------------ what lasts

    /** Something begins with the first reason for it, and ends with the last one. */
    Runnable held(String what, Runnable begin, Runnable mend) {
        if (reasons.merge(what, 1, Integer::sum) == 1) {
            begin.run();
        }
        return () -> {
            if (reasons.merge(what, -1, Integer::sum) == 0) {
                mend.run();
            }
        };
    }

    boolean holds(String what) {
        return reasons.getOrDefault(what, 0) > 0;
    }

    private static Runnable both(Runnable one, Runnable other) {
        return () -> {
            one.run();
            other.run();
        };
    }

    private Runnable isolate(SimulatedHost host) {
        List<Runnable> all = new ArrayList<>(List.of(unserved(host)));
        world.hosts().forEach(each -> all.add(both(cut(host, each), cut(each, host))));
        return () -> all.forEach(Runnable::run);
    }

    private Runnable cut(SimulatedHost from, SimulatedHost to) {
        return held(
                "cut " + from.id() + to.id(),
                () -> world.network().cut(from.id(), to.id()),
                () -> world.network().mend(from.id(), to.id()));
    }

    private Runnable unserved(SimulatedHost host) {
        return held("unserved " + host.id(), () -> cutOff(host, true), () -> cutOff(host, false));
    }

    private static void cutOff(SimulatedHost host, boolean is) {
        host.running().ifPresent(running -> running.session().cutOff(is));
    }

    private static void slowDisk(SimulatedHost host, long nanos) {
        host.running().ifPresent(running -> running.process().slowDisk(nanos));
    }

    private Runnable ofDisks(String what, SimulatedHost host, Consumer<Disk> begin, Consumer<Disk> mend) {
        return held(
                what + host.id(),
                () -> host.disks().values().forEach(begin),
                () -> host.disks().values().forEach(mend));
    }

    private Runnable full(SimulatedHost host) {
        return ofDisks("full ", host, disk -> disk.fill(true), disk -> disk.fill(false));
    }

    /** Nothing runs on a host until the last reason for that is over. */
    Runnable down(SimulatedHost host) {
        return held("down " + host.id(), Troubles::nothing, host::start);
    }

    /** What was whole goes on without a host for a while; then that host comes back as what it was. */
    private Runnable outdate(SimulatedHost host) {
        settling = true;
        MemoryEnsemble.Backup before = world.ensemble().backUp();
        Runnable back = full(host);
        return () -> {
            back.run();
            if (!over && world.isOutdated(before)) {
                world.note(() -> "the coordination service is put back to when " + host.id() + " was in sync");
                world.restore(before);
                evidence.note(FaultKind.OUTDATED_RESTORE, host.id());
            }
        };
    }

    /** Whether something was asked of a host that its primary need not hear of at once. */
    boolean isNewsSlow() {
        return administrators.isNewsSlow();
    }

    /** What waits for something to have happened. */
    void look() {
        administrators.look();
    }

    /** What is wrong with a host is so for the process that starts there, too. Before it opens its stores a backup is made. */
    void started(SimulatedHost host) {
        host.disks().forEach((replica, disk) -> {
            if (random.nextBoolean() || !backups.containsKey(replica)) {
                backups.put(replica, disk.backUp());
            }
        });
        cutOff(host, holds("unserved " + host.id()));
        slowDisk(host, holds("slow disk " + host.id()) ? SLOW_DISK_NANOS : 0);
        operators.started(host);
    }
}
