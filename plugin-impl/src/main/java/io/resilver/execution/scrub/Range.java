package io.resilver.execution.scrub;

import java.nio.ByteBuffer;

/** What the primary has read of its own, and digested. */
public sealed interface Range {
    /**
     * What was read for it.
     *
     * @return bytes; of a log those of payloads
     */
    long bytes();

    /**
     * The digest over it.
     *
     * @return SHA-256
     */
    ByteBuffer digest();

    /**
     * Entries of the log.
     *
     * @param afterLsn exclusive
     * @param upToLsn inclusive
     * @param entries how many
     * @param bytes of payload
     * @param digest over them
     */
    record OfLog(long afterLsn, long upToLsn, long entries, long bytes, ByteBuffer digest) implements Range {}

    /**
     * A part of the image.
     *
     * @param lsn the image holds exactly the entries up to there
     * @param offset its first byte
     * @param bytes how many; 0 behind the end of the image
     * @param atEnd whether the image ends with it
     * @param digest over the image's LSN and length, the offset, and the bytes
     */
    record OfImage(long lsn, long offset, long bytes, boolean atEnd, ByteBuffer digest) implements Range {}
}
