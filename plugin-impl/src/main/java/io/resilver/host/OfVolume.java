package io.resilver.host;

import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.util.NavigableMap;
import java.util.Optional;

/** What is kept for the replica of one volume, among those of very many: found by their order, without a walk (R40). */
final class OfVolume {
    /** A name that no other comes before. */
    private static final String LEAST_NAME = "0";

    private OfVolume() {}

    /**
     * Finds the first replica of a volume.
     *
     * @param all in {@link OrphanWatch#ORDER}
     * @param volume whose
     * @return what is kept for it, or empty when there is none of that volume
     */
    static <T> Optional<T> find(NavigableMap<ReplicaId, T> all, VolumeId volume) {
        var first = all.ceilingEntry(new ReplicaId(volume, LEAST_NAME));
        return first != null && first.getKey().volume().equals(volume)
                ? Optional.of(first.getValue())
                : Optional.empty();
    }
}
