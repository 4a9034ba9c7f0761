package io.resilver.replica;

import io.resilver.replica.link.RangeKey;
import io.resilver.replica.link.Response;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The digest by which a range is offered, which alone decides that bytes of another origin are the range (R17): SHA-256 over the
 * GMAC of each piece of {@value #PIECE_BYTES} bytes, under a key of the session.
 *
 * <p>The key knows nothing of the bytes. For two pieces of one length with other bytes the tags are equal only where a polynomial
 * of their difference, which has at most 1,024 times 16 bytes, is zero at a point that comes of the key: at no more than 1,024 of
 * 2^128 points. So the chance is 2^-118 for each pair, whatever the bytes are, where AES under a drawn key is as good as
 * chance. SHA-256, which needs no key and holds also against who chooses the bytes, takes twice as long; a peer that may send a
 * base needs no collision to send another one.
 *
 * <p>A piece is small because GMAC is slow until the compiler knows it, which takes some thousand calls. Not thread safe.
 */
public final class RangeDigest {
    /** A multiple of the 16 bytes that GMAC takes at once. */
    static final int PIECE_BYTES = 16 << 10;

    private static final int TAG_BITS = 128;
    private static final int IV_BYTES = Long.BYTES + Integer.BYTES;

    private final RangeKey key;
    private final MessageDigest tags = BaseDigest.sha256();
    private @Nullable Cipher cipher;
    private long last;

    /**
     * Under a key.
     *
     * @param key the session's
     */
    public RangeDigest(RangeKey key) {
        this.key = key;
    }

    /**
     * The digest of a range.
     *
     * @param index which one
     * @param range its bytes; not moved
     * @return {@link Response#DIGEST_BYTES} bytes, the same ones for the same bytes, index and key
     */
    public byte[] of(long index, ByteBuffer range) {
        try {
            Cipher gmac = cipherFor(index);
            SecretKeySpec secret = secret();
            ByteBuffer iv = ByteBuffer.allocate(IV_BYTES).putLong(index);
            ByteBuffer left = range.duplicate();
            int end = left.limit();
            for (int piece = 0; left.position() < end; piece++) {
                left.limit(Math.min(end, left.position() + PIECE_BYTES));
                iv.putInt(Long.BYTES, piece);
                gmac.init(Cipher.ENCRYPT_MODE, secret, new GCMParameterSpec(TAG_BITS, iv.array()));
                gmac.updateAAD(left);
                tags.update(gmac.doFinal());
            }
            return tags.digest();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has AES/GCM/NoPadding with keys of 128 bits", e);
        }
    }

    /** A cipher refuses the key and IV that it had last: a range that is digested twice in a row has another one. */
    private Cipher cipherFor(long index) throws GeneralSecurityException {
        Cipher known = cipher;
        if (known == null || index == last) {
            known = Cipher.getInstance("AES/GCM/NoPadding");
            cipher = known;
        }
        last = index;
        return known;
    }

    private SecretKeySpec secret() {
        ByteBuffer bytes =
                ByteBuffer.allocate(2 * Long.BYTES).putLong(key.high()).putLong(key.low());
        return new SecretKeySpec(bytes.array(), "AES");
    }
}
