package io.resilver.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.replica.BaseDigest;
import io.resilver.replica.RangeDigest;
import io.resilver.replica.link.RangeKey;
import io.resilver.replica.link.Request;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.storage.BasePin;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reads of a frozen base. */
class BaseReaderTest {
    private static final RangeKey KEY = new RangeKey(3, 4);
    private static final int RANGE = 100;

    /** What it read into. */
    private final Set<Integer> buffers = new HashSet<>();

    private BasePin pin(int rangeBytes, long ranges) {
        BaseDescriptor base = new BaseDescriptor(9, Lineage.EMPTY, rangeBytes * ranges - 1, rangeBytes);
        return new BasePin() {
            @Override
            public BaseDescriptor base() {
                return base;
            }

            @Override
            public int read(long offset, ByteBuffer into) {
                buffers.add(System.identityHashCode(into));
                int length = into.remaining();
                for (int i = 0; i < length; i++) {
                    into.put((byte) (((offset + i) * 31) >> 3));
                }
                return length;
            }

            @Override
            public long heldBytes() {
                return 0;
            }

            @Override
            public void close() {}
        };
    }

    private ByteBuffer range(BasePin pin, long index) throws Exception {
        ByteBuffer bytes = ByteBuffer.allocate(pin.base().rangeLength(index));
        pin.read(index * pin.base().rangeBytes(), bytes);
        return bytes.flip();
    }

    @ParameterizedTest
    @CsvSource({"100, 16", "1048576, 16", "2097152, 8", "8388608, 2", "16777216, 1", "67108864, 1"})
    @DisplayName("R22: what is read in one turn is bounded by bytes, too")
    void mostAtOnce(int rangeBytes, int most) {
        assertThat(new BaseReader(pin(rangeBytes, 40), KEY).mostAtOnce())
                .isEqualTo(most)
                .isLessThanOrEqualTo(Request.BaseOffer.MOST_RANGES);
    }

    @Test
    @DisplayName("R17, R51: what is not sent is read into one buffer, and all is in the digest, in order")
    void oneBuffer() throws Exception {
        BasePin pin = pin(RANGE, 7);
        RangeDigest offered = new RangeDigest(KEY);
        BaseDigest whole = new BaseDigest();
        ByteBuffer digests = ByteBuffer.allocate(4 * 32);
        for (int index = 0; index < 4; index++) {
            byte[] digest = offered.of(index, range(pin, index));
            digests.put(digest);
            whole.addOffered(digest);
        }
        whole.add(range(pin, 4));
        whole.add(range(pin, 5));
        whole.add(range(pin, 6));
        buffers.clear();
        BaseReader reader = new BaseReader(pin, KEY);
        assertThat(reader.offer(0, 4)).isEqualTo(digests.flip());
        assertThat(reader.passOver(4, 2).hasRemaining()).isFalse();
        assertThat(buffers).hasSize(1);
        assertThat(reader.next(6, null)).isEqualTo(range(pin, 6));
        assertThat(reader.again(2, ByteBuffer.allocate(RANGE + 9)))
                .as("not digested again")
                .isEqualTo(range(pin, 2));
        assertThat(reader.again(3, ByteBuffer.allocate(RANGE - 1)))
                .as("the buffer of a shorter one does not do")
                .isEqualTo(range(pin, 3));
        assertThat(reader.end()).isEqualTo(whole.end());
    }

    @Test
    @DisplayName("R12: once it is stopped nothing is read")
    void stopped() {
        BaseReader reader = new BaseReader(pin(RANGE, 6), KEY);
        reader.stop();
        assertThatThrownBy(() -> reader.offer(0, 4)).isInstanceOf(CancelledException.class);
        assertThatThrownBy(() -> reader.next(0, null)).isInstanceOf(CancelledException.class);
        assertThat(buffers).isEmpty();
    }
}
