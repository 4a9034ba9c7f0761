package io.resilver.replica;

import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.storage.StagedInstall;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Verifies a base before it is installed (R17). What comes is digested as it comes, by SHA-256 over the SHA-256 digests of the
 * ranges in their order, which the sender tells at the end. Then every range is read back: one that came in this session has
 * the CRC32C that it came with, and one that was durable before is proved by the checksum that its engine keeps. In steps, so
 * that a store is never held for the time that a large base takes.
 */
final class BaseVerification {
    /** One step takes well under a second on any disk: a fence waits no longer than that. */
    private static final long STEP_BYTES = 32L << 20;

    /** Checksums that lie together: what a sender makes us keep is a thousandth of what it sends. */
    private static final int PAGE = 256;

    private final StagedInstall install;
    private final BaseDescriptor base;
    private final MessageDigest all = sha256();
    private final MessageDigest one = sha256();
    private final Map<Long, long[]> sums = new HashMap<>();
    private final ByteBuffer buffer;
    private long next;

    BaseVerification(StagedInstall install) {
        this.install = install;
        this.base = install.base();
        this.buffer = ByteBuffer.allocate((int) Math.min(base.rangeBytes(), base.sizeBytes()));
    }

    /** A range came, and will be written. Not moved. */
    void came(long index, ByteBuffer data) {
        one.update(data.duplicate());
        all.update(one.digest());
        // Plus one, so that it differs from none.
        sums.computeIfAbsent(index / PAGE, page -> new long[PAGE])[(int) (index % PAGE)] = 1 + crc(data.duplicate());
    }

    /** Whether what came is what was sent; asked once, after the last step. */
    boolean matches(ByteBuffer expected) {
        byte[] bytes = new byte[expected.remaining()];
        expected.duplicate().get(bytes);
        return MessageDigest.isEqual(bytes, all.digest());
    }

    /**
     * Reads on; true when the last range was read.
     *
     * @throws CorruptException when a range is not what came
     */
    boolean step() throws RecoveryException {
        for (long bytes = 0; next < base.ranges() && bytes < STEP_BYTES; next++) {
            int length = base.rangeLength(next);
            install.read(next, buffer.clear().limit(length));
            long expected = sums.getOrDefault(next / PAGE, new long[PAGE])[(int) (next % PAGE)];
            if (expected != 0 && expected != 1 + crc(buffer.flip())) {
                throw new CorruptException(
                        "range " + next + " reads back other than it came", "staged base", next * base.rangeBytes());
            }
            bytes += length;
        }
        return next == base.ranges();
    }

    private static long crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return crc.getValue();
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
