package io.resilver.simulation.disk;

import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.LogEntry;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;

/** The blocks of a volume as they are after some entry. Immutable. */
public final class Image {
    /** How many blocks a volume has: so many that a base travels in ranges which are made durable in more than one flush. */
    public static final int BLOCKS = 128;

    /** The bytes of an image. */
    public static final int BYTES = BLOCKS * Long.BYTES;

    private static final int PAYLOAD = Integer.BYTES + Long.BYTES;

    static final Image EMPTY = new Image(EntryId.NONE, new long[BLOCKS]);

    private final EntryId at;
    private final long[] blocks;

    private Image(EntryId at, long[] blocks) {
        this.at = at;
        this.blocks = blocks;
    }

    /**
     * A volume to which nothing was written.
     *
     * @return the empty image
     */
    public static Image nothing() {
        return EMPTY;
    }

    /**
     * An image that came over the wire.
     *
     * @param at the last entry in it
     * @param bytes all of it
     */
    static Image of(EntryId at, ByteBuffer bytes) {
        long[] blocks = new long[BLOCKS];
        LongBuffer from = bytes.asLongBuffer();
        from.get(blocks);
        return new Image(at, blocks);
    }

    /**
     * What a write looks like in the log.
     *
     * @param block which block
     * @param value what it holds from then on
     * @return an entry's payload
     */
    static ByteBuffer payload(int block, long value) {
        return ByteBuffer.allocate(PAYLOAD).putInt(block).putLong(value).flip();
    }

    /**
     * This image after more entries.
     *
     * @param entries what follows
     * @return another image
     */
    public Image after(Iterable<LogEntry> entries) {
        long[] next = blocks.clone();
        EntryId last = at;
        for (LogEntry each : entries) {
            ByteBuffer payload = each.payload();
            next[payload.getInt(payload.position())] = payload.getLong(payload.position() + Integer.BYTES);
            last = each.id();
        }
        return new Image(last, next);
    }

    /**
     * The last entry in it.
     *
     * @return {@link EntryId#NONE} for the empty image
     */
    public EntryId at() {
        return at;
    }

    /**
     * All of it.
     *
     * @return a copy
     */
    ByteBuffer bytes() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES);
        bytes.asLongBuffer().put(blocks);
        return bytes;
    }

    /**
     * What may be read from a checkpoint of it that nobody trusts.
     *
     * @return another image of the same entry
     */
    Image spoiled() {
        long[] other = blocks.clone();
        other[0]++;
        return new Image(at, other);
    }

    /**
     * Whether the blocks are the same.
     *
     * @param other another image
     * @return false when any differs
     */
    public boolean sameBlocks(Image other) {
        return Arrays.equals(blocks, other.blocks);
    }
}
