package io.resilver.simulation.host;

import io.resilver.coordination.memory.Fate;
import io.resilver.coordination.memory.MemoryEnsemble;
import io.resilver.simulation.disk.Disk;
import io.resilver.simulation.network.Network;
import io.resilver.simulation.time.Agenda;
import io.resilver.simulation.time.SimulatedProcess;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import io.resilver.spi.model.VolumeId;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.Supplier;

/** What is around a simulated host: the world that it stands in, and who looks on. */
public interface Around {
    /** The time that all share. */
    Agenda agenda();

    /** The chance that all share. */
    Random random();

    /** The network. */
    Network network();

    /** The coordination service. */
    MemoryEnsemble ensemble();

    /** What a process takes the liberty of. */
    Liberties liberties();

    /** How long the policies bear with a member that makes nothing durable. */
    Duration grace();

    /** What becomes of a request of a host to the coordination service. */
    Fate fate(HostId host);

    /** A process is about to begin. */
    void started(SimulatedHost host);

    /** A store let a token in. */
    void accepted(ReplicaId store, Token token);

    /** The store of a replica was removed, with everything in it. */
    void removed(ReplicaId store);

    /** A store took an entry in. */
    void appended(ReplicaId store, EntryId previous, LogEntry entry);

    /** A store was told what is committed. */
    void committed(Disk disk, long lsn);

    /** A client's write was acknowledged. */
    void acknowledged(VolumeId volume, EntryId entry);

    /** A client's read was served. */
    void read(SimulatedProcess by, VolumeId volume, OptionalLong committedLsn);

    /** A host told its operators something. */
    void told(HostId host, RecoveryEvent event);

    /** A task of a host threw. */
    void defect(HostId host, String where, Throwable error);

    /** Something happened that a person who reads the trace would want to know. */
    void note(Supplier<String> what);
}
