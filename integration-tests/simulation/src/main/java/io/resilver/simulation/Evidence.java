package io.resilver.simulation;

import io.resilver.simulation.disk.Disk;
import io.resilver.simulation.fault.FaultKind;
import io.resilver.simulation.host.Running;
import io.resilver.simulation.host.SimulatedHost;
import io.resilver.simulation.network.Network;
import io.resilver.simulation.time.SimulatedProcess;
import io.resilver.spi.model.HostId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;

/**
 * What made something fail: a cut that kept nothing back, or a full disk to which nothing came, was asked for and never
 * happened.
 */
final class Evidence {
    private final Network network;
    private final List<SimulatedHost> hosts;
    private final Map<String, Long> noted = new HashMap<>();

    Evidence(Network network, List<SimulatedHost> hosts) {
        this.network = network;
        this.hosts = hosts;
    }

    /** Something that nobody else counts. */
    void note(FaultKind kind, HostId host) {
        noted.merge(kind.label() + host, 1L, Long::sum);
    }

    private long noted(FaultKind kind, SimulatedHost host) {
        return noted.getOrDefault(kind.label() + host.id(), 0L);
    }

    /**
     * What a fault that lasts makes fail.
     *
     * @return counts that; empty for what has happened once it has begun
     */
    Optional<LongSupplier> of(FaultKind kind, SimulatedHost host, SimulatedHost other) {
        return Optional.ofNullable(
                switch (kind) {
                    case ISOLATION ->
                        () -> unserved(host)
                                + hosts.stream()
                                        .mapToLong(each -> held(host, each) + held(each, host))
                                        .sum();
                    case PARTITION -> () -> held(host, other) + held(other, host);
                    case ONE_WAY -> () -> held(host, other);
                    case GARBLED -> () -> network.misdelivered(host.id(), other.id());
                    case SERVICE_CUT -> () -> unserved(host);
                    case ENSEMBLE_LOSS ->
                        () -> hosts.stream().mapToLong(this::unserved).sum();
                    case SERVICE_SLOW, OUTDATED_RESTORE, REPLACED_DISK, RESTORED_DISK -> () -> noted(kind, host);
                    case PAUSE, SLEEP -> ofProcess(host, SimulatedProcess::waited);
                    case SLOW_DISK -> ofProcess(host, SimulatedProcess::slowCalls);
                    case CANCEL -> of(host, Running::cancelled);
                    case FULL_DISK -> ofDisks(host, Disk::refused);
                    case FAILING_FLUSH -> ofDisks(host, Disk::failedFlushes);
                    case BIT_ROT -> ofDisks(host, Disk::rotten);
                    default -> null;
                });
    }

    private long held(SimulatedHost from, SimulatedHost to) {
        return network.heldBack(from.id(), to.id());
    }

    private long unserved(SimulatedHost host) {
        return noted(FaultKind.SERVICE_CUT, host);
    }

    private static LongSupplier ofDisks(SimulatedHost host, ToLongFunction<Disk> count) {
        return () -> host.disks().values().stream().mapToLong(count).sum();
    }

    private static LongSupplier ofProcess(SimulatedHost host, ToLongFunction<SimulatedProcess> count) {
        return of(host, running -> count.applyAsLong(running.process()));
    }

    /** Of the process that runs now; nothing has happened to a later one. */
    private static LongSupplier of(SimulatedHost host, ToLongFunction<Running> count) {
        Optional<Running> now = host.running();
        return () -> now.map(count::applyAsLong).orElse(0L);
    }
}
