package io.resilver.spi.model;

import io.resilver.spi.Api;
import java.util.Comparator;

/**
 * One copy of a volume, under an id that stays the same wherever the replica lives. Its endpoint is not its identity.
 *
 * @param volume the volume that it is a copy of
 * @param name names it within the volume: 1 to 128 letters, digits, {@code '.'}, {@code '_'} or {@code '-'}
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record ReplicaId(VolumeId volume, String name) implements Comparable<ReplicaId> {
    private static final Comparator<ReplicaId> ORDER =
            Comparator.comparing(ReplicaId::volume).thenComparing(ReplicaId::name);

    /**
     * Checks the form of the name.
     *
     * @throws IllegalArgumentException when a part is missing or has another form
     */
    public ReplicaId {
        if (volume == null) {
            throw new IllegalArgumentException("a replica id needs a volume id");
        }
        Ids.require("replica name", name);
    }

    @Override
    public int compareTo(ReplicaId other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return volume + "/" + name;
    }
}
