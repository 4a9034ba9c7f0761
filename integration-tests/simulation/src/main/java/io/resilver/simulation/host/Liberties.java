package io.resilver.simulation.host;

import io.resilver.coordination.CoordinationStore;
import io.resilver.execution.scrub.ScrubOptions;
import io.resilver.host.HostWiring;
import io.resilver.replica.link.ReplicaConnector;
import io.resilver.simulation.disk.Rules;
import io.resilver.simulation.time.SimulatedProcess;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.LineageElement;
import java.util.random.RandomGenerator;

/**
 * What one process does otherwise than it should: nothing, or one thing. A control puts another collaborator in the place of one
 * of those with which the driver, the engine or the host product keeps to a rule. One object serves one process.
 */
public interface Liberties extends HostWiring {
    /** It does everything as it should. */
    Liberties NONE = new Liberties() {};

    /**
     * The coordination service as the process knows it.
     *
     * @param real its client
     * @param self the host
     * @return what the host asks
     */
    default CoordinationStore service(ServiceClient real, HostId self) {
        return real;
    }

    /**
     * What the process takes for chance.
     *
     * @param real chance
     * @return what its ids are made of
     */
    default RandomGenerator random(RandomGenerator real) {
        return real;
    }

    /**
     * The streams that the process opens.
     *
     * @param real as the network has them
     * @return what the host opens
     */
    default ReplicaConnector connector(ReplicaConnector real) {
        return real;
    }

    /**
     * What the storage engine keeps to.
     *
     * @param process whose engine
     * @return its rules
     */
    default Rules rules(SimulatedProcess process) {
        return Rules.SOUND;
    }

    /**
     * How the process compares logs.
     *
     * @return not at all, since it repairs nothing and changes which step of a run is which
     */
    default ScrubOptions scrub() {
        return ScrubOptions.OFF;
    }

    /**
     * Whether the host product serves a read.
     *
     * @param term what it leads
     * @return whether it may
     */
    default boolean mayRead(Leadership term) {
        return term.mayServeReads();
    }

    /**
     * As whom the host product writes.
     *
     * @param term what it leads
     * @param entryLsn the LSN of the entry
     * @return the lineage element of its epoch
     */
    default LineageElement writer(Leadership term, long entryLsn) {
        return term.writer();
    }
}
