package io.resilver.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.resilver.hostile.Inputs;
import io.resilver.hostile.Mutator;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.RequestHandler;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Token;
import io.resilver.transport.codec.Control;
import io.resilver.transport.codec.Frame;
import io.resilver.transport.codec.FrameCodec;
import io.resilver.transport.codec.FrameCollector;
import io.resilver.transport.codec.FrameType;
import io.resilver.transport.codec.Hello;
import io.resilver.transport.codec.Messages;
import io.resilver.transport.codec.RequestCodec;
import io.resilver.transport.codec.WireException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A whole conversation of a peer, nearly right: hello, streams and requests, changed and cut into pieces. */
class HostileStreamTest {
    private static final HostId SELF = new HostId("host-b");
    private static final HostId PEER = new HostId("host-a");
    private static final int CRC_BYTES = 4;

    /** The conversation and its pieces, a few times over; a frame that only says that it is long gets no room. */
    private static final long MOST_BYTES = 2 << 20;

    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);

    /** Believes nothing: a request that gets here must be of the stream's replica. */
    private static final class Seen implements RequestHandler {
        private int requests;

        @Override
        public CompletionStage<Void> handle(Request request, ResponseSink back) {
            assertThat(request.replica().volume().value()).isNotEmpty();
            requests++;
            return CompletableFuture.completedFuture(null);
        }
    }

    @Test
    @DisplayName("R50, R54: a conversation that is nearly right is taken or ended: no crash, no leak, bounded memory")
    void nearlyRight() {
        Seen seen = new Seen();
        Inputs.tried(1, MOST_BYTES, random -> {
            byte[] other = conversation(random);
            converse(new Mutator(random), conversation(random), other, random, seen);
        });
        assertThat(seen.requests).as("some of it gets through").isPositive();
        nothingIsKept();
    }

    @Test
    @DisplayName(
            "R2, R15: whatever is nearly right of a primary's conversation, a real store keeps what was committed and its"
                    + " promise, and of a deposed one's it takes nothing")
    void nearlyRightAtAStore() {
        int[] changed = new int[1];
        Inputs.triedLess(1, 5, MOST_BYTES, random -> {
            GuardedStore store = new GuardedStore(Messages.REPLICA);
            boolean deposed =
                    (random.nextInt() & 1) == 0; // the first high bit of seeds that follow each other is the same
            Token token = deposed ? GuardedStore.DEPOSED : GuardedStore.OFFICE;
            byte[] good = conversation(store.conversation(token, random));
            byte[] other = conversation(store.conversation(token, random));
            converse(new Mutator(random), good, other, random, store);
            if (deposed) {
                store.isUntouched();
            } else {
                store.isSound();
                changed[0] += store.isChanged() ? 1 : 0;
            }
        });
        assertThat(changed[0]).as("some of it is done").isPositive();
        nothingIsKept();
    }

    private void nothingIsKept() {
        assertThat(allocator.metric().usedHeapMemory()).as("heap buffers").isZero();
        assertThat(allocator.metric().usedDirectMemory()).as("direct buffers").isZero();
    }

    private void converse(Mutator mutator, byte[] good, byte[] other, Random random, RequestHandler handler)
            throws WireException {
        byte[] bad = random.nextBoolean() ? mutator.mutate(good, other) : wellSummed(mutator, good, other, random);
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.config().setAllocator(allocator);
        InboundLink link = new InboundLink(
                channel.eventLoop(),
                TransportOptions.defaults(),
                SELF,
                "somebody",
                (itself, peer) -> Optional.empty(),
                handler);
        link.attach(channel);
        channel.pipeline().fireChannelActive();
        for (int at = 0; at < bad.length && channel.isOpen(); ) {
            int length = 1 + random.nextInt(bad.length - at);
            channel.writeInbound(Unpooled.wrappedBuffer(bad, at, length));
            at += length;
        }
        channel.runPendingTasks();
        channel.checkException();
        endsAsItMeans(channel);
        channel.finishAndReleaseAll();
    }

    /** Where the connection ended, it did so for what came, and not for an error of its own. */
    private static void endsAsItMeans(EmbeddedChannel channel) throws WireException {
        for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
            try {
                Optional<Frame> frame = new FrameCollector().take(out, FrameCodec.MAX_LENGTH);
                if (frame.isPresent() && frame.get().type() == FrameType.GOODBYE) {
                    assertThat(Control.readEnd(frame.get().body()).orElseThrow())
                            .hasMessageNotContaining("failed: ");
                }
            } finally {
                out.release();
            }
        }
    }

    private static byte[] conversation(List<Request> requests) throws WireException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(frame(FrameType.HELLO, 0, 1, Hello.of(PEER, SELF)::write));
        all.writeBytes(frame(FrameType.OPEN, 1, 1, out -> Control.writeReplica(out, Messages.REPLICA)));
        long number = 2;
        for (Request request : requests) {
            all.writeBytes(frame(RequestCodec.type(request), 1, number++, out -> RequestCodec.write(out, request)));
        }
        return all.toByteArray();
    }

    private static byte[] conversation(Random random) throws WireException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(frame(FrameType.HELLO, 0, 1, Hello.of(PEER, SELF)::write));
        int streams = 1 + random.nextInt(2);
        for (int stream = 1; stream <= streams; stream++) {
            all.writeBytes(frame(FrameType.OPEN, stream, 1, out -> Control.writeReplica(out, Messages.REPLICA)));
            int requests = random.nextInt(4);
            for (int number = 2; number < 2 + requests; number++) {
                Request request = new Messages(random.nextLong()).request();
                all.writeBytes(
                        frame(RequestCodec.type(request), stream, number, out -> RequestCodec.write(out, request)));
            }
        }
        return all.toByteArray();
    }

    /** Changes one frame between its length and its checksum, and makes both right again. */
    private static byte[] wellSummed(Mutator mutator, byte[] good, byte[] other, Random random) {
        List<byte[]> frames = frames(good);
        int changed = random.nextInt(frames.size());
        List<byte[]> others = frames(other);
        byte[] body = mutator.mutate(inner(frames.get(changed)), inner(others.get(random.nextInt(others.size()))));
        ByteBuffer frame = ByteBuffer.allocate(Integer.BYTES + body.length + CRC_BYTES);
        frame.putInt(body.length + CRC_BYTES).put(body);
        CRC32C crc = new CRC32C();
        crc.update(frame.array(), 0, frame.position());
        frame.putInt((int) crc.getValue());
        frames.set(changed, frame.array());
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        frames.forEach(all::writeBytes);
        return all.toByteArray();
    }

    private static byte[] inner(byte[] frame) {
        return Arrays.copyOfRange(frame, Integer.BYTES, frame.length - CRC_BYTES);
    }

    private static List<byte[]> frames(byte[] all) {
        List<byte[]> frames = new ArrayList<>();
        ByteBuffer in = ByteBuffer.wrap(all);
        while (in.hasRemaining()) {
            byte[] frame = new byte[Integer.BYTES + in.getInt(in.position())];
            in.get(frame);
            frames.add(frame);
        }
        return frames;
    }

    private static byte[] frame(FrameType type, int stream, long number, FrameCodec.Body body) throws WireException {
        ByteBuf frame = FrameCodec.encode(UnpooledByteBufAllocator.DEFAULT, 64, type, stream, number, body);
        try {
            byte[] bytes = new byte[frame.readableBytes()];
            frame.readBytes(bytes);
            return bytes;
        } finally {
            frame.release();
        }
    }
}
