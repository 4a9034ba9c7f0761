package io.resilver.host.cli.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** The pattern depends on seed and place alone. */
class PatternTest {
    private static byte[] bytes(long seed, long from, int length) {
        ByteBuffer into = ByteBuffer.allocate(length);
        new Pattern(seed).fill(from, into);
        return into.array();
    }

    @Test
    void piecesAreTheSameAsTheWhole() {
        byte[] whole = bytes(1, 0, 100);
        for (int from = 0; from < 100; from++) {
            byte[] piece = bytes(1, from, 100 - from);
            assertThat(piece).isEqualTo(java.util.Arrays.copyOfRange(whole, from, 100));
        }
    }

    @Test
    void seedsAndPlacesDiffer() {
        assertThat(bytes(1, 0, 64)).isNotEqualTo(bytes(2, 0, 64)).isNotEqualTo(bytes(1, 64, 64));
    }
}
