package io.resilver.simulation.check;

import io.resilver.simulation.disk.Disk;
import io.resilver.spi.model.ReplicaId;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What is durable stays durable: where a store ends never falls, but by a truncation, an install, or another disk, each of which
 * is written down (R11, R15, R16). A crash is none of these.
 */
public final class Progress {
    private final Map<ReplicaId, Seen> seen = new HashMap<>();

    private static final class Seen {
        private long durableLsn;
        private long undone;
    }

    /**
     * Looks where a store ends now.
     *
     * @param disk of the store
     * @return what is wrong with that
     */
    public Optional<Objection> look(Disk disk) {
        Seen before = seen.computeIfAbsent(disk.replica(), first -> new Seen());
        long durable = disk.durableLsn();
        boolean fell = durable < before.durableLsn && disk.undone() == before.undone;
        long was = before.durableLsn;
        before.durableLsn = durable;
        before.undone = disk.undone();
        return fell
                ? Optional.of(new Objection(
                        "R11",
                        "the store of " + disk.replica() + " was durable up to " + was + " and is now up to " + durable
                                + ", and nobody has truncated it or installed a base"))
                : Optional.empty();
    }
}
