package io.resilver.replica;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.storage.BasePin;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/**
 * A strong digest over a part of a frozen image, the same on every host: SHA-256 over the image's LSN and length, the offset,
 * and the bytes from there on, as far as the image goes.
 *
 * @param bytes how many of them there were
 * @param value {@link LogDigest#BYTES} bytes
 */
public record ImageDigest(int bytes, ByteBuffer value) {
    /**
     * Reads and digests. Blocks.
     *
     * @param pin the image
     * @param offset the first byte
     * @param most no more bytes than so many
     * @return the digest
     * @throws RecoveryException when the image cannot be read
     */
    public static ImageDigest of(BasePin pin, long offset, int most) throws RecoveryException {
        BaseDescriptor base = pin.base();
        int length = (int) Math.max(0, Math.min(most, base.sizeBytes() - offset));
        ByteBuffer bytes = ByteBuffer.allocate(length);
        if (length > 0) {
            pin.read(offset, bytes);
        }
        MessageDigest sha = BaseDigest.sha256();
        sha.update(ByteBuffer.allocate(3 * Long.BYTES)
                .putLong(base.lsn())
                .putLong(base.sizeBytes())
                .putLong(offset)
                .flip());
        sha.update(bytes.flip());
        return new ImageDigest(length, ByteBuffer.wrap(sha.digest()));
    }
}
