package io.resilver.spi.storage;

import io.resilver.spi.Api;

/** What a storage engine can do beyond the minimum. What is not declared is not used, and refuses when called. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public enum Capability {
    /** {@link ReplicaVolume#truncateTo} works; without it a replica that must undo is rebuilt. */
    TRUNCATE,
    /** {@link SourceVolume#pinSnapshot} works; without it every rebuild copies a full base. */
    SNAPSHOT,
    /** {@link SourceVolume#onAppend} tells of new durable entries; without it the driver polls. */
    APPEND_NOTIFICATION,
    /**
     * {@link SourceVolume#pinFullBase} costs next to nothing until the image changes, and reading through it compares what is
     * stored with checksums: the driver may read the whole image at a pace, to find what has rotted before it is needed.
     */
    CHECKED_IMAGE,
    /**
     * {@link SourceVolume#pinFullBase} costs next to nothing until the image changes, and two stores that hold the same entries
     * up to an LSN have the same image there, byte for byte, whatever became of them before. The image goes as far as the
     * store was told to be committed, and no farther. So the driver may compare the images of replicas by digest.
     */
    SAME_IMAGE,
    /** Each log has a single writer for ever, so that equal LSNs mean equal content even without lineage. */
    SINGLE_WRITER_FOR_EVER
}
