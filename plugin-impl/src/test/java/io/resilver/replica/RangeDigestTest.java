package io.resilver.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.replica.link.RangeKey;
import io.resilver.replica.link.Response;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Random;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The digest by which a range is offered. */
class RangeDigestTest {
    private static final RangeKey KEY = new RangeKey(0x0102030405060708L, 0x090a0b0c0d0e0f10L);
    private static final int RANGE = 2 * RangeDigest.PIECE_BYTES + 21;

    private static byte[] bytes(long seed) {
        byte[] bytes = new byte[RANGE];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static byte[] of(RangeKey key, long index, byte[] bytes) {
        return new RangeDigest(key).of(index, ByteBuffer.wrap(bytes));
    }

    @Property(tries = 300)
    @Label("R17: another byte anywhere in a range makes another digest, in the part of a piece at the end too")
    void anyByte(
            @ForAll long seed,
            @ForAll @IntRange(max = RANGE - 1) int at,
            @ForAll @IntRange(min = 1, max = 255) int by) {
        byte[] other = bytes(seed);
        other[at] ^= (byte) by;
        assertThat(of(KEY, 3, other)).isNotEqualTo(of(KEY, 3, bytes(seed)));
    }

    @Test
    @DisplayName("R17: pieces in another order, one less, or a shorter end make another digest")
    void anotherOrder() {
        byte[] right = bytes(1);
        byte[] swapped = right.clone();
        System.arraycopy(right, 0, swapped, RangeDigest.PIECE_BYTES, RangeDigest.PIECE_BYTES);
        System.arraycopy(right, RangeDigest.PIECE_BYTES, swapped, 0, RangeDigest.PIECE_BYTES);
        assertThat(of(KEY, 0, right)).hasSize(Response.DIGEST_BYTES);
        assertThat(of(KEY, 0, swapped)).isNotEqualTo(of(KEY, 0, right));
        assertThat(of(KEY, 0, Arrays.copyOf(right, RANGE - 21))).isNotEqualTo(of(KEY, 0, right));
        assertThat(of(KEY, 0, Arrays.copyOf(right, RANGE + 1))).isNotEqualTo(of(KEY, 0, right));
    }

    @Test
    @DisplayName("R17: another key, in either half, or another index makes another digest of the same bytes")
    void anotherKey() {
        byte[] right = of(KEY, 0, bytes(1));
        assertThat(of(new RangeKey(KEY.high() ^ 1, KEY.low()), 0, bytes(1))).isNotEqualTo(right);
        assertThat(of(new RangeKey(KEY.high(), KEY.low() ^ 1), 0, bytes(1))).isNotEqualTo(right);
        assertThat(of(KEY, 1, bytes(1))).isNotEqualTo(right);
        assertThat(of(KEY, 1L << 32, bytes(1))).isNotEqualTo(right);
    }

    @Test
    @DisplayName("R17: one range is digested as often as is asked, in a row too, and gives one digest")
    void again() {
        RangeDigest digest = new RangeDigest(KEY);
        ByteBuffer onePiece = ByteBuffer.wrap(bytes(1), 0, 100);
        byte[] first = digest.of(0, onePiece);
        assertThat(digest.of(0, onePiece)).isEqualTo(first);
        assertThat(digest.of(0, onePiece)).isEqualTo(first);
        assertThat(digest.of(1, onePiece)).isNotEqualTo(first);
        assertThat(digest.of(0, onePiece)).isEqualTo(first);
    }

    @Test
    @DisplayName("what is digested is not moved; a part of a buffer, a direct and a read-only one are their bytes")
    void buffers() {
        ByteBuffer part = ByteBuffer.wrap(Arrays.copyOf(bytes(1), RANGE + 7), 0, RANGE);
        ByteBuffer direct = ByteBuffer.allocateDirect(RANGE).put(bytes(1)).flip();
        for (ByteBuffer each : new ByteBuffer[] {part, direct, part.asReadOnlyBuffer()}) {
            assertThat(new RangeDigest(KEY).of(5, each)).isEqualTo(of(KEY, 5, bytes(1)));
            assertThat(each.remaining()).isEqualTo(RANGE);
        }
    }

    @Test
    @DisplayName("R50: the digest is what its Javadoc says, bit for bit: both sides of another build have it too")
    void form() throws Exception {
        byte[] range = Arrays.copyOf(bytes(1), RangeDigest.PIECE_BYTES + 5);
        byte[] key =
                ByteBuffer.allocate(16).putLong(KEY.high()).putLong(KEY.low()).array();
        MessageDigest tags = MessageDigest.getInstance("SHA-256");
        for (int piece = 0; piece < 2; piece++) {
            Cipher gmac = Cipher.getInstance("AES/GCM/NoPadding");
            byte[] iv = ByteBuffer.allocate(12).putLong(9).putInt(piece).array();
            gmac.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, iv));
            int from = piece * RangeDigest.PIECE_BYTES;
            gmac.updateAAD(range, from, Math.min(RangeDigest.PIECE_BYTES, range.length - from));
            tags.update(gmac.doFinal());
        }
        assertThat(of(KEY, 9, range)).isEqualTo(tags.digest());
    }

    @Test
    @DisplayName("R17: a key is drawn anew each time, from all of its bits")
    void draw() {
        Random random = new Random(1);
        RangeKey first = RangeKey.draw(random);
        assertThat(first).isNotEqualTo(RangeKey.draw(random)).isEqualTo(RangeKey.draw(new Random(1)));
        assertThat(first.high()).isNotEqualTo(first.low());
    }
}
