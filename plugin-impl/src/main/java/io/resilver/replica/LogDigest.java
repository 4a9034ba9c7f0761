package io.resilver.replica;

import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.LogEntry;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/**
 * A strong digest over entries of a log, the same on every host: SHA-256 over previous LSN, LSN, epoch, payload length and
 * payload of each, in order. Not thread safe.
 */
public final class LogDigest {
    /** How many bytes a digest has. */
    public static final int BYTES = 32;

    private final MessageDigest sha = BaseDigest.sha256();
    private final ByteBuffer head = ByteBuffer.allocate(3 * Long.BYTES + Integer.BYTES);
    private long entries;
    private long bytes;
    private long lastLsn;

    /**
     * A digest over what follows an LSN.
     *
     * @param afterLsn exclusive
     */
    public LogDigest(long afterLsn) {
        this.lastLsn = afterLsn;
    }

    /**
     * Takes in the beginning of a batch.
     *
     * @param batch entries that follow those before
     * @param mostEntries take no more of them than so many
     */
    public void add(EntryBatch batch, int mostEntries) {
        long previous = batch.previous().lsn();
        for (LogEntry entry :
                batch.entries().subList(0, Math.min(mostEntries, batch.entries().size()))) {
            ByteBuffer payload = entry.payload().duplicate();
            head.clear()
                    .putLong(previous)
                    .putLong(entry.lsn())
                    .putLong(entry.epoch())
                    .putInt(payload.remaining());
            bytes += payload.remaining();
            sha.update(head.flip());
            sha.update(payload);
            previous = entry.lsn();
            entries++;
        }
        lastLsn = Math.max(lastLsn, previous);
    }

    /**
     * How many entries are in it.
     *
     * @return the count
     */
    public long entries() {
        return entries;
    }

    /**
     * How many bytes of payload are in it.
     *
     * @return the sum
     */
    public long bytes() {
        return bytes;
    }

    /**
     * The last entry that is in it.
     *
     * @return its LSN, or where the digest began
     */
    public long lastLsn() {
        return lastLsn;
    }

    /**
     * Ends it.
     *
     * @return {@link #BYTES} bytes; call it once
     */
    public ByteBuffer value() {
        return ByteBuffer.wrap(sha.digest());
    }
}
