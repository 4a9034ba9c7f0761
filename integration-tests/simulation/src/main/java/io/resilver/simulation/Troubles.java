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
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/** Lets things go wrong in their time, and mends them. */
final class Troubles {
    private static final long SLOW_DISK_NANOS = 800_000_000;
    private static final long BACKUP_NANOS = 3_000_000_000L;
    private static final int LATEST_MS = 1_500;

    private final Simulation world;
    private final Random random;
    private final Map<FaultKind, Long> counts = new EnumMap<>(FaultKind.class);
    private final Set<HostId> unserved = new HashSet<>();
    private final Map<HostId, Integer> slowService = new HashMap<>();
    private final Map<ReplicaId, Disk> backups = new LinkedHashMap<>();
    private final List<Runnable> mending = new ArrayList<>();
    private Optional<MemoryEnsemble.Backup> ensembleBackup = Optional.empty();
    private int begun;
    private boolean over;

    Troubles(Simulation world, Random random) {
        this.world = world;
        this.random = random;
    }

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
        Fault fault = Fault.of(
                world.seed(), begun++, world.scene().mix(), world.hosts().size());
        if (!world.scene().omitted().contains(fault.number())) {
            begin(fault);
        }
        world.agenda().after(fault.nextNanos(), this::next);
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
        if (slowService.getOrDefault(host, 0) == 0) {
            return random.nextInt(100) < 97 ? Fate.PROMPT : Fate.late(Duration.ofMillis(random.nextInt(200)));
        }
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
        Optional<Runnable> mend = begin(fault.kind(), host, other);
        if (mend.isEmpty()) {
            return;
        }
        counts.merge(fault.kind(), 1L, Long::sum);
        world.note(() -> "fault " + fault.number() + ": " + fault.kind().label() + " " + host.id()
                + (involvesOther(fault.kind()) ? " " + other.id() : ""));
        Runnable[] once = new Runnable[1];
        once[0] = () -> {
            if (mending.remove(once[0])) {
                world.note(() -> "fault " + fault.number() + " is over");
                mend.get().run();
            }
        };
        mending.add(once[0]);
        world.agenda().after(fault.lastsNanos(), once[0]);
    }

    private static boolean involvesOther(FaultKind kind) {
        return kind == FaultKind.PARTITION || kind == FaultKind.ONE_WAY || kind == FaultKind.GARBLED;
    }

    private static void nothing() {}

    /** What mends it, or empty where it cannot happen now. */
    private Optional<Runnable> begin(FaultKind kind, SimulatedHost host, SimulatedHost other) {
        switch (kind) {
            case ISOLATION -> {
                serve(host, false);
                world.hosts().forEach(each -> cut(host, each, true, true));
                return Optional.of(() -> {
                    serve(host, true);
                    world.hosts().forEach(each -> cut(host, each, true, false));
                });
            }
            case PARTITION -> {
                cut(host, other, true, true);
                return Optional.of(() -> cut(host, other, true, false));
            }
            case ONE_WAY -> {
                cut(host, other, false, true);
                return Optional.of(() -> cut(host, other, false, false));
            }
            case GARBLED -> {
                world.network().garble(host.id(), other.id(), true);
                return Optional.of(() -> world.network().garble(host.id(), other.id(), false));
            }
            case SERVICE_CUT -> {
                serve(host, false);
                return Optional.of(() -> serve(host, true));
            }
            case SERVICE_SLOW -> {
                slowService.merge(host.id(), 1, Integer::sum);
                return Optional.of(() -> slowService.merge(host.id(), -1, Integer::sum));
            }
            case RESET -> {
                world.network().reset(host.id());
                return Optional.of(Troubles::nothing);
            }
            case EXPIRY -> {
                return host.running().map(running -> {
                    world.ensemble().expire(running.session().session());
                    return Troubles::nothing;
                });
            }
            case PAUSE -> {
                return host.running().map(running -> {
                    running.process().stop();
                    return () -> running.process().goOn();
                });
            }
            case CRASH -> {
                return host.running().map(running -> {
                    host.crash();
                    return host::start;
                });
            }
            case RESTART -> {
                return host.running().map(running -> {
                    host.shutDown();
                    return () -> {
                        host.crash(); // also one that could not end
                        host.start();
                    };
                });
            }
            case ENSEMBLE_LOSS -> {
                world.hosts().forEach(each -> serve(each, false));
                return Optional.of(() -> world.hosts().forEach(each -> serve(each, true)));
            }
            case ENSEMBLE_RESTORE -> {
                return ensembleBackup.filter(world::mayRestore).map(backup -> {
                    world.ensemble().restore(backup);
                    return Troubles::nothing;
                });
            }
            default -> {
                return disks(kind, host);
            }
        }
    }

    private Optional<Runnable> disks(FaultKind kind, SimulatedHost host) {
        switch (kind) {
            case SLOW_DISK -> {
                return host.running().map(running -> {
                    running.process().slowDisk(SLOW_DISK_NANOS);
                    return () -> running.process().slowDisk(0);
                });
            }
            case FULL_DISK -> {
                host.disks().values().forEach(disk -> disk.fill(true));
                return Optional.of(() -> host.disks().values().forEach(disk -> disk.fill(false)));
            }
            case FAILING_FLUSH -> {
                host.disks().values().forEach(disk -> disk.failFlushes(true));
                return Optional.of(() -> host.disks().values().forEach(disk -> disk.failFlushes(false)));
            }
            case BIT_ROT -> {
                host.disks().values().forEach(Disk::rot);
                return Optional.of(() -> host.disks().values().forEach(Disk::mend));
            }
            case REPLACED_DISK, RESTORED_DISK -> {
                return tamper(kind, host);
            }
            case REVOKED_PINS -> {
                host.running().ifPresent(Running::revokePins);
                return Optional.of(Troubles::nothing);
            }
            case CANCEL -> {
                return host.running().flatMap(Running::cancelLast);
            }
            default -> throw new IllegalStateException("a fault of a new kind: " + kind);
        }
    }

    /** A disk is another one when its host starts again; never one that alone holds what was acknowledged. */
    private Optional<Runnable> tamper(FaultKind kind, SimulatedHost host) {
        List<ReplicaId> spare = host.disks().keySet().stream()
                .filter(each -> world.mayLose(host, each))
                .toList();
        if (spare.isEmpty()) {
            host.disks().forEach((replica, disk) -> backups.put(replica, disk.backUp()));
            return Optional.empty();
        }
        ReplicaId replica = spare.get(random.nextInt(spare.size()));
        Disk before = host.disk(replica).backUp();
        Disk backup = backups.get(replica);
        host.crash();
        if (kind == FaultKind.REPLACED_DISK) {
            host.replace(replica);
        } else if (backup == null
                || !backup.identity().id().equals(before.identity().id())
                || backup.identity().openCount() >= before.identity().openCount()) {
            backups.put(replica, before); // a copy of the same opening cannot be told apart: it is for the next time
            return Optional.of(host::start);
        } else {
            world.note(() -> "the disk of " + replica + " is restored from a backup");
            host.disk(replica).restore(backup);
        }
        backups.put(replica, before);
        world.tampered(replica);
        return Optional.of(host::start);
    }

    private void serve(SimulatedHost host, boolean served) {
        if (served) {
            unserved.remove(host.id());
        } else {
            unserved.add(host.id());
        }
        host.running().ifPresent(running -> running.session().cutOff(!served));
    }

    /** A process that starts while its host is cut off is cut off as well. */
    void started(SimulatedHost host) {
        if (unserved.contains(host.id())) {
            host.running().ifPresent(running -> running.session().cutOff(true));
        }
    }

    private void cut(SimulatedHost from, SimulatedHost to, boolean both, boolean off) {
        if (off) {
            world.network().cut(from.id(), to.id());
        } else {
            world.network().mend(from.id(), to.id());
        }
        if (both) {
            cut(to, from, false, off);
        }
    }
}
