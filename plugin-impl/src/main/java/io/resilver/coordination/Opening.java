package io.resilver.coordination;

import io.resilver.spi.model.StoreIdentity;
import java.util.Optional;

/** What comparing a store with the volume's record came to (R36). */
public sealed interface Opening {
    /**
     * The record, confirmed by a write of this host. Where the store may be used, it promises at least its epoch before it
     * admits anything.
     *
     * @return the record in force
     */
    VolumeRecord record();

    /**
     * The disk is the one that the record knows, or the replica's first.
     *
     * @param record the record in force
     * @param identity what disk and record say now
     */
    record Admitted(VolumeRecord record, StoreIdentity identity) implements Opening {}

    /**
     * The disk was replaced or restored. It is marked not usable, the replica is out of the in-sync set, and it may be
     * served so that it can be rebuilt.
     *
     * @param record the record in force
     * @param recorded what the record knew
     * @param found what was on the disk
     * @param identity what disk and record say now
     */
    record Replaced(VolumeRecord record, Optional<StoreIdentity> recorded, StoreIdentity found, StoreIdentity identity)
            implements Opening {}

    /**
     * The disk was replaced or restored, and the replica is the last member of the in-sync set, which nothing removes. It
     * is marked not usable; the store must not be served. A person puts the right disk back.
     *
     * @param record the record as it was read
     * @param recorded what the record knows
     * @param found what was on the disk
     */
    record LastMember(VolumeRecord record, Optional<StoreIdentity> recorded, StoreIdentity found) implements Opening {}
}
