package io.resilver.host.volume;

import io.resilver.spi.Configuration;

/**
 * How a store uses its disk.
 *
 * @param segmentBytes a segment is closed once it is this long; trimming frees whole segments
 * @param checkpointBytes a checkpoint is taken after this much was applied: bounds what the next open applies again
 * @param snapshotBytes how many bytes of old pages the newest checkpoint may keep to be a base for rebuilds; past it the
 *     checkpoint still bounds recovery but can be no base. 0 keeps none
 * @param retainLogBytes after a checkpoint, the log is trimmed to about this length, as far as pins and checkpoint allow
 * @param lsnStep the distance between the LSNs that this host's own writer gives
 */
public record VolumeOptions(
        long segmentBytes, long checkpointBytes, long snapshotBytes, long retainLogBytes, long lsnStep) {
    /** Segments of 64 MiB, a checkpoint each 256 MiB, up to 1 GiB of old pages, a log of about 1 GiB. */
    public static final VolumeOptions DEFAULT = new VolumeOptions(64L << 20, 256L << 20, 1L << 30, 1L << 30, 1);

    /** A segment is read whole when it is recovered, and holds at least a few entries. */
    private static final long LEAST_SEGMENT = 4 << 10;

    private static final long GREATEST_SEGMENT = 1L << 30;

    /** Far from overflow even after 2^40 entries. */
    private static final long GREATEST_STEP = 1 << 20;

    /**
     * Reads the keys of the adapter named {@code file}.
     *
     * @param keys the provider's own configuration
     * @return the options
     * @throws IllegalArgumentException naming the key and the value that is not possible
     */
    public static VolumeOptions from(Configuration keys) {
        return new VolumeOptions(
                keys.number("segment-bytes", DEFAULT.segmentBytes, LEAST_SEGMENT, GREATEST_SEGMENT),
                keys.number("checkpoint-bytes", DEFAULT.checkpointBytes, 1, Long.MAX_VALUE),
                keys.number("snapshot-bytes", DEFAULT.snapshotBytes, 0, Long.MAX_VALUE),
                keys.number("retain-log-bytes", DEFAULT.retainLogBytes, 0, Long.MAX_VALUE),
                keys.number("lsn-step", DEFAULT.lsnStep, 1, GREATEST_STEP));
    }
}
