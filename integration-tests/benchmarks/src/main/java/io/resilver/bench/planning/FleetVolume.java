package io.resilver.bench.planning;

import io.resilver.spi.driver.Assignment;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The assignments of one volume that has a primary here and replicas on other hosts. */
final class FleetVolume {
    /** Replicas besides the primary's own where there are three copies. */
    static final int OTHERS = 2;

    private static final long TERM = 5;
    private static final int PORT = 7_000;

    private Assignment inForce;

    /**
     * A volume.
     *
     * @param number tells it from the others
     * @param others how many replicas it has besides the primary's own
     */
    FleetVolume(int number, int others) {
        VolumeId id = new VolumeId("volume-" + number);
        List<ReplicaAssignment> replicas = new ArrayList<>();
        for (int each = 0; each <= others; each++) {
            replicas.add(new ReplicaAssignment(
                    new ReplicaId(id, "replica-" + each),
                    new HostId("host-" + each),
                    Optional.of(new Endpoint("10.0.0.1", PORT)),
                    Duty.FOLLOW));
        }
        inForce = new Assignment(
                id,
                new Incarnation("made-" + number),
                new Epoch(TERM, new MintId("mint-" + number)),
                1,
                replicas.get(0).replica(),
                replicas);
    }

    Assignment inForce() {
        return inForce;
    }

    /**
     * A newer assignment, in which the host of one replica listens elsewhere and all else is as it was. It is in force from now on.
     *
     * @param other which of the other replicas, of a volume with three copies
     * @return what was in force before
     */
    Assignment move(int other) {
        Assignment before = inForce;
        List<ReplicaAssignment> replicas = before.replicas();
        ReplicaAssignment was = replicas.get(other + 1);
        ReplicaAssignment moved = new ReplicaAssignment(
                was.replica(),
                was.host(),
                Optional.of(new Endpoint(
                        was.endpoint().orElseThrow().address(),
                        was.endpoint().orElseThrow().port() ^ 1)),
                was.duty());
        inForce = new Assignment(
                before.volume(),
                before.incarnation(),
                before.epoch(),
                before.configurationNumber() + 1,
                before.self(),
                other == 0
                        ? List.of(replicas.get(0), moved, replicas.get(2))
                        : List.of(replicas.get(0), replicas.get(1), moved));
        return before;
    }
}
