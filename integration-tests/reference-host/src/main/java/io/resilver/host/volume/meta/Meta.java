package io.resilver.host.volume.meta;

import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a store is, at its last replacement of the meta file. Log records add to {@code durable}, {@code committed} and
 * {@code lineage}; nothing else does.
 *
 * @param replica whose store
 * @param incarnation of which incarnation of the volume
 * @param identity which disk
 * @param promise the highest epoch promised
 * @param unusable why the content counts for nothing, or empty
 * @param content what log and image hold
 */
public record Meta(
        ReplicaId replica,
        Incarnation incarnation,
        StoreIdentity identity,
        Optional<Epoch> promise,
        Optional<String> unusable,
        Content content) {
    /**
     * What log and image hold.
     *
     * @param generation which generation's directory is live
     * @param imageGeneration in which generation's directory the image is: this one's, or that of an image that installs changed
     *     only in part
     * @param patched whether what this generation changed of the image is still in files of its own
     * @param tail the last entry that the log no longer holds
     * @param checkpoint the image is durable up to this LSN, inclusive
     * @param imageBytes the image's length at the checkpoint
     * @param durable the log is durable at least up to this LSN: less in the log is damage, never a torn tail
     * @param committed lower bound of what is committed
     * @param cut a truncation under way: nothing above this LSN counts, and the next open finishes the work
     * @param lineage which epoch wrote what, up to {@code durable}
     */
    public record Content(
            long generation,
            long imageGeneration,
            boolean patched,
            EntryId tail,
            long checkpoint,
            long imageBytes,
            long durable,
            long committed,
            OptionalLong cut,
            Lineage lineage) {
        /**
         * The same after more of the log became durable.
         *
         * @param lsn the last durable entry
         * @param bound lower bound of what is committed
         * @param known the lineage up to {@code lsn}
         * @return a copy
         */
        public Content withLog(long lsn, long bound, Lineage known) {
            return new Content(
                    generation, imageGeneration, patched, tail, checkpoint, imageBytes, lsn, bound, cut, known);
        }

        /**
         * The same with another tail.
         *
         * @param last the last entry that the log no longer holds
         * @return a copy
         */
        public Content withTail(EntryId last) {
            return new Content(
                    generation,
                    imageGeneration,
                    patched,
                    last,
                    checkpoint,
                    imageBytes,
                    durable,
                    committed,
                    cut,
                    lineage);
        }

        /**
         * The same with a newer checkpoint.
         *
         * @param lsn its LSN
         * @param bytes the image's length
         * @return a copy
         */
        public Content withCheckpoint(long lsn, long bytes) {
            return new Content(
                    generation, imageGeneration, patched, tail, lsn, bytes, durable, committed, cut, lineage);
        }

        /**
         * The same, at a checkpoint after which all is in the image.
         *
         * @return a copy
         */
        public Content withoutPatch() {
            return new Content(
                    generation, imageGeneration, false, tail, checkpoint, imageBytes, durable, committed, cut, lineage);
        }

        /**
         * The same with a truncation under way, or none.
         *
         * @param above nothing above it counts
         * @return a copy
         */
        public Content withCut(OptionalLong above) {
            return new Content(
                    generation,
                    imageGeneration,
                    patched,
                    tail,
                    checkpoint,
                    imageBytes,
                    durable,
                    committed,
                    above,
                    lineage);
        }
    }

    /**
     * The same with other content.
     *
     * @param other the content
     * @return a copy
     */
    public Meta with(Content other) {
        return new Meta(replica, incarnation, identity, promise, unusable, other);
    }

    /**
     * The same with another identity.
     *
     * @param other the identity
     * @return a copy
     */
    public Meta with(StoreIdentity other) {
        return new Meta(replica, incarnation, other, promise, unusable, content);
    }

    /**
     * The same with another promise.
     *
     * @param epoch the promise
     * @return a copy
     */
    public Meta with(Epoch epoch) {
        return new Meta(replica, incarnation, identity, Optional.of(epoch), unusable, content);
    }

    /**
     * The same, usable or not.
     *
     * @param why it is not usable, or empty
     * @return a copy
     */
    public Meta withUnusable(Optional<String> why) {
        return new Meta(replica, incarnation, identity, promise, why, content);
    }
}
