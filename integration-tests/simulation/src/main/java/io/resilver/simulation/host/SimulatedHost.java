package io.resilver.simulation.host;

import io.resilver.simulation.disk.Disk;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One machine: disks that stay, and the process that runs on it now, if any. */
public final class SimulatedHost {
    private static final int PORTS = 1_000;

    private final Around world;
    private final HostId id;
    private final int number;
    private final Map<ReplicaId, Disk> disks = new LinkedHashMap<>();
    private Optional<Running> running = Optional.empty();
    private int starts;
    private int replacements;

    /**
     * A machine where nothing runs.
     *
     * @param world around it
     * @param number 1 or more
     * @param replicas what it has disks for
     */
    public SimulatedHost(Around world, int number, List<ReplicaId> replicas) {
        this.world = world;
        this.number = number;
        this.id = new HostId("h" + number);
        replicas.forEach(each -> disks.put(each, new Disk(each, newId(each))));
    }

    StoreId newId(ReplicaId replica) {
        return new StoreId("disk-" + id + "-" + replica.volume() + "." + replacements++);
    }

    /**
     * Who it is.
     *
     * @return the id of all its processes
     */
    public HostId id() {
        return id;
    }

    /**
     * Its disks.
     *
     * @return by replica, in a fixed order
     */
    public Map<ReplicaId, Disk> disks() {
        return disks;
    }

    /**
     * The disk of one of its replicas.
     *
     * @param replica which
     * @return its disk
     */
    public Disk disk(ReplicaId replica) {
        Disk disk = disks.get(replica);
        if (disk == null) {
            throw new IllegalArgumentException(id + " has no disk of " + replica);
        }
        return disk;
    }

    /**
     * The process that runs now.
     *
     * @return also one that is stopped
     */
    public Optional<Running> running() {
        return running;
    }

    /** Starts a process, at another endpoint than the last one. */
    public void start() {
        if (running.isPresent()) {
            return;
        }
        starts++;
        world.note(() -> id + " starts");
        Running next = new Running(world, this, new Endpoint(id.value(), number * PORTS + starts));
        running = Optional.of(next);
        world.started(this);
        next.start();
    }

    /** The process dies, and what it had not made durable is lost. */
    public void crash() {
        running.ifPresent(process -> {
            world.note(() -> id + " crashes");
            running = Optional.empty();
            process.die();
            disks.values().forEach(disk -> disk.crash(world.random()));
        });
    }

    /** The process hands over what it leads, closes its stores and ends; then nothing runs here. */
    public void shutDown() {
        running.ifPresent(process -> {
            world.note(() -> id + " shuts down");
            process.shutDown(() -> {
                if (running.equals(Optional.of(process))) {
                    running = Optional.empty();
                    process.die();
                }
            });
        });
    }

    /**
     * Puts an empty disk in the place of another; nothing may run.
     *
     * @param replica whose
     */
    public void replace(ReplicaId replica) {
        if (running.isEmpty()) {
            world.note(() -> "the disk of " + replica + " is replaced by an empty one");
            disk(replica).replace(newId(replica));
        }
    }
}
