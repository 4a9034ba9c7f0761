package io.resilver.replica;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.storage.StagedInstall;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Reads a staged base back and digests it: SHA-256 over the SHA-256 digests of its ranges in order (R17). In steps, so that
 * a store is never held for the time that a large base takes.
 */
final class BaseVerification {
    /** One step takes well under a second on any disk: a fence waits no longer than that. */
    private static final long STEP_BYTES = 32L << 20;

    private final StagedInstall install;
    private final BaseDescriptor base;
    private final MessageDigest all = sha256();
    private final MessageDigest one = sha256();
    private final ByteBuffer buffer;
    private long next;

    BaseVerification(StagedInstall install) {
        this.install = install;
        this.base = install.base();
        this.buffer = ByteBuffer.allocate((int) Math.min(base.rangeBytes(), base.sizeBytes()));
    }

    /** Reads on; true when the last range was read. */
    boolean step() throws RecoveryException {
        for (long bytes = 0; next < base.ranges() && bytes < STEP_BYTES; next++) {
            int length = base.rangeLength(next);
            install.read(next, buffer.clear().limit(length));
            one.update(buffer.array(), 0, length);
            all.update(one.digest());
            bytes += length;
        }
        return next == base.ranges();
    }

    /** Whether what was read is what was sent; asked once, after the last step. */
    boolean matches(ByteBuffer expected) {
        byte[] bytes = new byte[expected.remaining()];
        expected.duplicate().get(bytes);
        return MessageDigest.isEqual(bytes, all.digest());
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
