package io.resilver.rocksdb.meta;

import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import java.util.Optional;

/**
 * What a store is, at its last replacement of the meta file. The lineage is not here: each entry brings its own part of it into
 * the database.
 *
 * @param replica whose store
 * @param incarnation of which incarnation of the volume
 * @param identity which disk
 * @param promise the highest epoch promised
 * @param unusable why the content counts for nothing, or empty
 * @param content where the database is and what is known of it
 */
public record StoreMeta(
        ReplicaId replica,
        Incarnation incarnation,
        StoreIdentity identity,
        Optional<Epoch> promise,
        Optional<String> unusable,
        Content content) {
    /**
     * Where the database is and what is known of it.
     *
     * @param generation which generation's directory is live
     * @param made whether its database was there; until then nobody wrote to it
     * @param tail the last entry that the log no longer holds
     * @param durable the database is durable at least up to this LSN: one that ends before is damaged
     * @param committed lower bound of what is committed
     */
    public record Content(long generation, boolean made, EntryId tail, long durable, long committed) {
        /**
         * The same after more became durable.
         *
         * @param lsn the last durable entry
         * @param bound lower bound of what is committed
         * @return a copy
         */
        public Content withLog(long lsn, long bound) {
            return new Content(generation, made, tail, lsn, bound);
        }

        /**
         * The same with another tail.
         *
         * @param last the last entry that the log no longer holds
         * @return a copy
         */
        public Content withTail(EntryId last) {
            return new Content(generation, made, last, durable, committed);
        }
    }

    /**
     * The same with other content.
     *
     * @param other the content
     * @return a copy
     */
    public StoreMeta with(Content other) {
        return new StoreMeta(replica, incarnation, identity, promise, unusable, other);
    }

    /**
     * The same with another identity.
     *
     * @param other the identity
     * @return a copy
     */
    public StoreMeta with(StoreIdentity other) {
        return new StoreMeta(replica, incarnation, other, promise, unusable, content);
    }

    /**
     * The same with another promise.
     *
     * @param epoch the promise
     * @return a copy
     */
    public StoreMeta with(Epoch epoch) {
        return new StoreMeta(replica, incarnation, identity, Optional.of(epoch), unusable, content);
    }

    /**
     * The same, usable or not.
     *
     * @param why it is not usable, or empty
     * @return a copy
     */
    public StoreMeta withUnusable(Optional<String> why) {
        return new StoreMeta(replica, incarnation, identity, promise, why, content);
    }
}
