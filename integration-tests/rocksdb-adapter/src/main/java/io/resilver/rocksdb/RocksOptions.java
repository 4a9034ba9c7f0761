package io.resilver.rocksdb;

import io.resilver.spi.Configuration;

/**
 * How a store uses its disk and memory.
 *
 * @param memtableBytes what is collected in memory, twice at most, before it is written out; the log goes on in another file then, and is
 *     trimmed by whole files
 * @param checkpointBytes a checkpoint is taken after this much was appended: what a rebuild may begin with
 * @param snapshotBytes how many bytes the newest checkpoint may hold on disk for itself; past it, it is given up. 0 keeps none
 * @param retainLogBytes after a checkpoint, the log is trimmed to about this length, as far as pins allow
 */
public record RocksOptions(long memtableBytes, long checkpointBytes, long snapshotBytes, long retainLogBytes) {
    /** 32 MiB in memory, a checkpoint each 256 MiB, which may hold 4 GiB for itself, a log of about 1 GiB. */
    public static final RocksOptions DEFAULT = new RocksOptions(32L << 20, 256L << 20, 4L << 30, 1L << 30);

    /** RocksDB itself goes no lower. */
    private static final long LEAST_MEMTABLE = 64 << 10;

    private static final long GREATEST_MEMTABLE = 1L << 30;

    /**
     * Reads the keys of the adapter named {@code rocksdb}.
     *
     * @param keys the provider's own configuration
     * @return the options
     * @throws IllegalArgumentException naming the key and the value that is not possible
     */
    public static RocksOptions from(Configuration keys) {
        return new RocksOptions(
                keys.number("memtable-bytes", DEFAULT.memtableBytes, LEAST_MEMTABLE, GREATEST_MEMTABLE),
                keys.number("checkpoint-bytes", DEFAULT.checkpointBytes, 1, Long.MAX_VALUE),
                keys.number("snapshot-bytes", DEFAULT.snapshotBytes, 0, Long.MAX_VALUE),
                keys.number("retain-log-bytes", DEFAULT.retainLogBytes, 0, Long.MAX_VALUE));
    }
}
