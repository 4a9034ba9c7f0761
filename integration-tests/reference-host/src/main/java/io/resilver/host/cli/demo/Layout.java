package io.resilver.host.cli.demo;

/**
 * What is written where. The input lies at the beginning of the volume. Behind it come marked blocks, so that every part has
 * something to miss, however short the input is.
 */
final class Layout {
    /** What may be under way to a replica: small, so that little is lost in buffers when the primary dies. */
    static final int WINDOW = 1 << 20;

    /** A quarter of the window: a catch-up of a few MiB has steps to be interrupted between. */
    static final int BATCH = WINDOW / 4;

    /** Trimming frees whole segments: each part's marked blocks fill more than one. */
    static final int SEGMENT = 1 << 20;

    /** The size of a marked block. */
    static final int BLOCK = 4 << 10;

    /** The marked blocks of one part. */
    static final long MARKED = 2L * SEGMENT;

    /** The marked blocks that a replica misses before the primary dies: sixteen batches, so that a quarter is four. */
    static final long GAP = 16L * BATCH;

    /** Near the size of the input's entries, so that LSNs measure bytes well enough. */
    static final int GAP_BLOCK = BATCH / 4;

    /** What the primary appends and nobody else gets: more than the window can carry before it dies. */
    static final long SUFFIX = 4L * WINDOW;

    /** Makes the marked blocks. */
    static final long SEED = 20_240_229;

    private Layout() {}
}
