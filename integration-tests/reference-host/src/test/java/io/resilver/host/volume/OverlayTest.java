package io.resilver.host.volume;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.host.volume.image.BlockWrite;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("R7: what the log has over an image is laid over the stretch that it touches, and over no other")
class OverlayTest {
    private static final int STRETCH = 100;

    private final BlockWrite first = write(90, 20);
    private final BlockWrite second = write(95, 5);
    private final BlockWrite third = write(250, 200);

    @Test
    @DisplayName(
            "a write across a border lies over both sides of it, and writes stay in the order in which they were made")
    void acrossBorders() {
        Overlay overlay = new Overlay(List.of(first, second, third), STRETCH);

        assertThat(overlay.at(0)).containsExactly(first, second);
        assertThat(overlay.at(100)).containsExactly(first);
        assertThat(overlay.at(200)).containsExactly(third);
        assertThat(overlay.at(300)).containsExactly(third);
        assertThat(overlay.at(400)).containsExactly(third);
        assertThat(overlay.at(500)).isEmpty();
    }

    @Test
    @DisplayName("a write of nothing lies over nothing, also at a border")
    void nothing() {
        assertThat(new Overlay(List.of(write(100, 0)), STRETCH).at(100)).isEmpty();
        assertThat(Overlay.touched(List.of(write(50, 0)), 0, STRETCH, 10)).isEqualTo(new BitSet());
    }

    @Test
    @DisplayName("a block is touched by one byte of a write, and not by one that ends where it begins")
    void touched() {
        assertThat(Overlay.touched(List.of(write(19, 2)), 0, STRETCH, 10)).isEqualTo(bits(1, 3));
        assertThat(Overlay.touched(List.of(write(10, 10)), 0, STRETCH, 10)).isEqualTo(bits(1, 2));
        assertThat(Overlay.touched(List.of(write(50, 500)), 100, 45, 10)).isEqualTo(bits(0, 5));
    }

    private static BitSet bits(int from, int to) {
        BitSet bits = new BitSet();
        bits.set(from, to);
        return bits;
    }

    private static BlockWrite write(long offset, int length) {
        return new BlockWrite(offset, ByteBuffer.allocate(length));
    }
}
