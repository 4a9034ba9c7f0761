package io.resilver.host;

import io.resilver.execution.Meter;
import io.resilver.replica.link.ReplicaConnector;
import io.resilver.runtime.HostRuntime;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.HostId;
import io.resilver.spi.policy.RecoveryPolicy;
import io.resilver.spi.storage.StorageAdapter;

/**
 * What a host stands on: everything that the driver gives it from real threads, disks and sockets, and a simulation from its
 * own. Whoever makes these closes them, after the host.
 *
 * @param host who this is
 * @param runtime time, threads and randomness
 * @param adapterName what the adapter is called in errors
 * @param adapter opens stores; its calls may block and are made on {@link HostRuntime#io}
 * @param policy what to prefer among what is proven possible
 * @param connector opens streams to the replicas of other hosts
 * @param signals hears what happens
 */
public record HostPorts(
        HostId host,
        HostRuntime runtime,
        String adapterName,
        StorageAdapter adapter,
        RecoveryPolicy policy,
        ReplicaConnector connector,
        Signals signals) {
    /** Hears what happens on a host, and counts it. Thread safe; never blocks, and never fails. */
    public interface Signals extends Meter {
        /**
         * Something happened that operators are told.
         *
         * @param event what
         */
        void event(RecoveryEvent event);

        /**
         * A store was forced.
         *
         * @param nanos how long it took
         */
        void forced(long nanos);

        /**
         * A task threw where none may: a defect of the host's own code.
         *
         * @param where names the replica, or what the task belonged to
         * @param error what it threw
         */
        void defect(String where, Throwable error);
    }
}
