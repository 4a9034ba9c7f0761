package io.resilver.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.replica.link.Response;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The digest of a whole base. */
class BaseDigestTest {
    private static final int RANGE = 3 * BaseDigest.BLOCK_BYTES + 100;

    private static byte[] bytes(long seed) {
        byte[] bytes = new byte[RANGE];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static byte[] of(byte[]... ranges) {
        BaseDigest digest = new BaseDigest();
        for (byte[] each : ranges) {
            digest.add(ByteBuffer.wrap(each));
        }
        return digest.end();
    }

    @Property(tries = 300)
    @Label("R17: another byte anywhere in a base makes another digest, in the part of a block at the end too")
    void anyByte(
            @ForAll long seed,
            @ForAll @IntRange(max = 2 * RANGE - 1) int at,
            @ForAll @IntRange(min = 1, max = 255) int by) {
        byte[][] other = {bytes(seed), bytes(seed + 1)};
        other[at / RANGE][at % RANGE] ^= (byte) by;
        assertThat(of(other)).isNotEqualTo(of(bytes(seed), bytes(seed + 1)));
    }

    @Test
    @DisplayName("R17: ranges in another order, one less or one twice make another digest")
    void anotherOrder() {
        byte[] right = of(bytes(1), bytes(2));
        assertThat(right).hasSize(Response.DIGEST_BYTES).isEqualTo(of(bytes(1), bytes(2)));
        assertThat(of(bytes(2), bytes(1))).isNotEqualTo(right);
        assertThat(of(bytes(1))).isNotEqualTo(right);
        assertThat(of(bytes(1), bytes(2), bytes(2))).isNotEqualTo(right);
    }

    @Test
    @DisplayName("R17: a range that is offered goes by the digest it is offered by, in its turn")
    void offered() {
        byte[] offer = new byte[Response.DIGEST_BYTES];
        byte[] other = offer.clone();
        other[7]++;
        assertThat(withOffered(offer)).isEqualTo(withOffered(offer)).isNotEqualTo(withOffered(other));
        BaseDigest later = new BaseDigest();
        later.add(ByteBuffer.wrap(bytes(2)));
        later.addOffered(offer);
        assertThat(later.end()).isNotEqualTo(withOffered(offer));
    }

    private static byte[] withOffered(byte[] offer) {
        BaseDigest digest = new BaseDigest();
        digest.addOffered(offer);
        digest.add(ByteBuffer.wrap(bytes(2)));
        return digest.end();
    }

    @Test
    @DisplayName("what is taken in is not moved, and a part of a buffer is that part")
    void buffers() {
        ByteBuffer part = ByteBuffer.wrap(Arrays.copyOf(bytes(1), RANGE + 7), 0, RANGE);
        BaseDigest digest = new BaseDigest();
        digest.add(part);
        assertThat(part.remaining()).isEqualTo(RANGE);
        assertThat(digest.end()).isEqualTo(of(bytes(1)));
    }
}
