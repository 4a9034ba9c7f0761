package io.resilver.replica;

import io.resilver.replica.link.Response;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.zip.CRC32C;

/**
 * The digest of a whole base, which both sides take range by range, in order: SHA-256 over what each range adds. One that was
 * offered adds its {@link RangeDigest}, which says whether an old image has it (R17). Any other adds the CRC32C of each of its blocks, four
 * bytes for {@value #BLOCK_BYTES}: it came checked, from this source and in this session, or was durable before, and what is to be
 * found is a mixture of two bases or a byte that changed on its way. A strong digest of every byte bounded a rebuild by one core of
 * each side. Not thread safe.
 */
public final class BaseDigest {
    /** As long as the blocks of most engines; one other byte in it is found for certain, another content but once in 2^32. */
    static final int BLOCK_BYTES = 4 << 10;

    private final MessageDigest whole = sha256();
    private final CRC32C crc = new CRC32C();

    /** Of a base of which no range was taken in. */
    public BaseDigest() {}

    /**
     * Takes in the next range, by the checksums of its blocks.
     *
     * @param range its bytes; not moved
     * @return its {@link #described}, which is known then
     */
    public int add(ByteBuffer range) {
        ByteBuffer sums = sums(range);
        whole.update(sums.duplicate());
        return checksum(sums);
    }

    /**
     * What a range is known by when it is read again: a CRC32C over those of its blocks. Takes nothing in.
     *
     * @param range its bytes; not moved
     * @return the checksum
     */
    public int described(ByteBuffer range) {
        return checksum(sums(range));
    }

    private ByteBuffer sums(ByteBuffer range) {
        ByteBuffer left = range.duplicate();
        ByteBuffer sums = ByteBuffer.allocate((left.remaining() + BLOCK_BYTES - 1) / BLOCK_BYTES * Integer.BYTES);
        int end = left.limit();
        while (left.position() < end) {
            left.limit(Math.min(end, left.position() + BLOCK_BYTES));
            sums.putInt(checksum(left));
        }
        return sums.flip();
    }

    private int checksum(ByteBuffer bytes) {
        crc.reset();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    /**
     * Takes in the next range, which is offered.
     *
     * @param digest by which it is offered
     */
    public void addOffered(byte[] digest) {
        whole.update(digest);
    }

    /**
     * Ends.
     *
     * @return the digest over all ranges, {@link Response#DIGEST_BYTES} bytes
     */
    public byte[] end() {
        return whole.digest();
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
