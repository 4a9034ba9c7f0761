package io.resilver.transport.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.resilver.replica.link.Request;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.Token;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What frames cost while they are collected. */
class FrameCollectorTest {
    private static final Token TOKEN = new Token(new Incarnation("inc"), new Epoch(7, new MintId("m")), 3);
    private static final int MIB = 1 << 20;

    private final FrameCollector collector = new FrameCollector();
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static ByteBuf range(int bytes, int content) throws WireException {
        byte[] data = new byte[bytes];
        Arrays.fill(data, (byte) content);
        Request.BaseRange range = new Request.BaseRange(Messages.REPLICA, TOKEN, 1, 0, ByteBuffer.wrap(data));
        return FrameCodec.encode(
                UnpooledByteBufAllocator.DEFAULT,
                bytes,
                FrameType.BASE_RANGE,
                1,
                9,
                out -> RequestCodec.write(out, range));
    }

    /** In pieces, as a socket brings it. */
    private Frame collect(ByteBuf all) throws WireException {
        Frame frame = null;
        while (frame == null) {
            ByteBuf piece = all.readSlice(Math.min(all.readableBytes(), 200_000));
            frame = collector.take(piece, FrameCodec.MAX_LENGTH).orElse(null);
        }
        all.release();
        return frame;
    }

    private static byte[] data(Frame frame) throws WireException {
        Request.BaseRange range = (Request.BaseRange) RequestCodec.read(frame, Messages.REPLICA);
        byte[] bytes = new byte[range.data().remaining()];
        range.data().duplicate().get(bytes);
        return bytes;
    }

    private static byte[] filled(int bytes, int content) {
        byte[] data = new byte[bytes];
        Arrays.fill(data, (byte) content);
        return data;
    }

    @Test
    @DisplayName(
            "R51: what came with a frame stays as it is until it is taken back, and the next long frame comes in its array")
    void usedAgain() throws WireException {
        Frame first = collect(range(MIB, 1));
        Frame second = collect(range(MIB, 2));
        assertThat(second.body().array()).isNotSameAs(first.body().array());
        collector.reuse(first);
        Frame third = collect(range(MIB - 300, 3));
        assertThat(third.body().array()).isSameAs(first.body().array());
        assertThat(data(second)).isEqualTo(filled(MIB, 2));
        assertThat(data(third)).as("a shorter frame").isEqualTo(filled(MIB - 300, 3));
        assertThat(collect(range(MIB, 4)).body().array())
                .isNotSameAs(first.body().array());
    }

    @Test
    @DisplayName("R50: what follows a frame that came in a longer frame's array is the next frame's")
    void theNextFrameIsWhole() throws WireException {
        collector.reuse(collect(range(MIB, 1)));
        ByteBuf both = Unpooled.wrappedBuffer(range(700_000, 2), range(1_000, 3));
        assertThat(data(collector.take(both, FrameCodec.MAX_LENGTH).orElseThrow()))
                .isEqualTo(filled(700_000, 2));
        assertThat(data(collector.take(both, FrameCodec.MAX_LENGTH).orElseThrow()))
                .isEqualTo(filled(1_000, 3));
        assertThat(both.isReadable()).isFalse();
    }

    @Test
    @DisplayName("R51: entries take no longer array than they need, since they may be kept")
    void entriesHaveTheirOwn() throws WireException {
        collector.reuse(collect(range(MIB, 1)));
        ByteBuf append = FrameCodec.encode(
                UnpooledByteBufAllocator.DEFAULT,
                100,
                FrameType.APPEND,
                1,
                9,
                out -> out.bytes(ByteBuffer.allocate(MIB / 2)));
        assertThat(collect(append).body().array()).hasSizeLessThan(MIB / 2 + 100);
    }

    @Test
    @DisplayName("R51: a frame that is longer than what was taken back, or short, has an array of its own")
    void notFitting() throws WireException {
        Frame first = collect(range(100_000, 1));
        collector.reuse(first);
        assertThat(data(collect(range(MIB, 2)))).isEqualTo(filled(MIB, 2));
        assertThat(collect(range(1_000, 3)).body().array()).hasSizeLessThan(2_000);
        assertThat(collect(range(100_000, 4)).body().array())
                .isSameAs(first.body().array());
    }

    @Test
    @DisplayName(
            "R51: no more than a window's arrays are kept, short ones are not, and none is when no more is expected")
    void bounded() throws WireException {
        List<byte[]> arrays = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            Frame frame = collect(range(MIB, i));
            arrays.add(frame.body().array());
        }
        collector.reuse(collect(range(100, 1)));
        for (byte[] array : arrays) {
            collector.reuse(new Frame(FrameType.BASE_RANGE, 1, 1, ByteBuffer.wrap(array)));
        }
        int kept = FrameCollector.MOST_SPARE_BYTES / arrays.get(0).length;
        for (int i = 0; i < kept; i++) {
            assertThat(collect(range(MIB, i)).body().array()).isSameAs(arrays.get(i));
        }
        assertThat(isNew(arrays, collect(range(MIB, 1)))).isTrue();
        collector.reuse(new Frame(FrameType.BASE_RANGE, 1, 1, ByteBuffer.wrap(arrays.get(0))));
        collector.forgetSpare();
        assertThat(isNew(arrays, collect(range(MIB, 1)))).isTrue();
    }

    @Test
    @DisplayName("R51: a length alone costs little, and after a frame of that length its array and no copies of it")
    void whatALengthCosts() throws WireException {
        collect(range(100, 0));
        ByteBuf length = Unpooled.buffer().writeInt(2 * MIB).writeZero(100);
        assertThat(allocated(() -> new FrameCollector().take(length, FrameCodec.MAX_LENGTH)))
                .isBetween(0L, 100_000L);
        collect(range(MIB, 1));
        ByteBuf next = range(MIB, 2);
        assertThat(allocated(() -> collect(next))).isBetween((long) MIB, MIB + 50_000L);
    }

    private static boolean isNew(List<byte[]> arrays, Frame frame) {
        return arrays.stream().noneMatch(array -> array == frame.body().array());
    }

    private interface Step {
        Object run() throws WireException;
    }

    private long allocated(Step step) throws WireException {
        long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
        step.run();
        return threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
    }
}
