package io.resilver.transport.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.replica.link.Weight;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.Token;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.zip.CRC32C;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** R50: what is written is what is read, and what was not written is not read as something else. */
class CodecTest {
    private static final Token TOKEN = new Token(new Incarnation("inc"), new Epoch(7, new MintId("m")), 3);

    @Property(tries = 2000)
    void r50_everyRequestComesBackAsItWas(@ForAll long seed) throws WireException {
        Request request = new Messages(seed).request();
        byte[] bytes = bytes(request);
        assertThat(RequestCodec.read(only(bytes), Messages.REPLICA)).isEqualTo(request);
        assertThat(Weight.of(request))
                .as("R51: a weight is never less than the frame")
                .isGreaterThanOrEqualTo(bytes.length);
    }

    @Property(tries = 2000)
    void r50_everyResponseComesBackAsItWas(@ForAll long seed) throws WireException {
        Response response = new Messages(seed).response();
        Response back = ResponseCodec.read(only(bytes(response)), Messages.REPLICA);
        if (response instanceof Response.Failed failed) {
            RecoveryException cause = ((Response.Failed) back).cause();
            assertThat(cause)
                    .hasSameClassAs(failed.cause())
                    .usingRecursiveComparison()
                    .ignoringFields("stackTrace", "cause", "suppressedExceptions")
                    .isEqualTo(failed.cause());
        } else if (response instanceof Response.NotDigested not) {
            assertThat(((Response.NotDigested) back).cause())
                    .hasSameClassAs(not.cause())
                    .usingRecursiveComparison()
                    .ignoringFields("stackTrace", "cause", "suppressedExceptions")
                    .isEqualTo(not.cause());
        } else {
            assertThat(back).isEqualTo(response);
        }
    }

    @Property(tries = 2000)
    void r50_anyFlippedBitIsNoticed(@ForAll long seed) throws WireException {
        byte[] bytes = bytes(new Messages(seed).request());
        int bit = new Random(seed).nextInt(bytes.length * 8);
        bytes[bit / 8] ^= (byte) (1 << bit % 8);
        try {
            // a length that has become longer waits for bytes that never come: silence ends it
            assertThat(new FrameCollector().take(Unpooled.wrappedBuffer(bytes), FrameCodec.MAX_LENGTH))
                    .isEmpty();
            assertThat(bit / 8).isLessThan(4);
        } catch (WireException e) {
            assertThat(e.kind()).isEqualTo(WireException.Kind.DAMAGED);
        }
    }

    @Property(tries = 500)
    void r50_aTruncatedFrameIsNotReadAndItsRestMakesItWhole(@ForAll long seed) throws WireException {
        byte[] bytes = bytes(new Messages(seed).request());
        FrameCollector collector = new FrameCollector();
        Random random = new Random(seed);
        int at = 0;
        while (at < bytes.length - 1) {
            int some = 1 + random.nextInt(bytes.length - 1 - at);
            assertThat(collector.take(Unpooled.wrappedBuffer(bytes, at, some), FrameCodec.MAX_LENGTH))
                    .isEmpty();
            at += some;
        }
        ByteBuf rest = Unpooled.wrappedBuffer(bytes, at, 1);
        assertThat(collector.take(rest, FrameCodec.MAX_LENGTH)).contains(only(bytes));
        assertThat(collector.take(Unpooled.wrappedBuffer(bytes), FrameCodec.MAX_LENGTH))
                .as("and the next one begins anew")
                .contains(only(bytes));
    }

    /** The checksum is right, the body is hostile: bytes changed, cut or added. It may only be read, or refused. */
    @Property(tries = 5000)
    void r50_aHostileBodyIsReadOrRefusedNeverAnythingElse(@ForAll long seed) throws WireException {
        Random random = new Random(seed);
        boolean request = random.nextBoolean();
        Messages messages = new Messages(seed);
        Frame good = only(request ? bytes(messages.request()) : bytes(messages.response()));
        byte[] body = new byte[Math.max(0, good.body().remaining() + random.nextInt(-8, 9))];
        good.body().duplicate().get(body, 0, Math.min(body.length, good.body().remaining()));
        for (int i = random.nextInt(4); i > 0 && body.length > 4; i--) {
            int at = random.nextInt(body.length - 3);
            if (random.nextBoolean()) {
                body[at] = (byte) random.nextInt();
            } else {
                ByteBuffer.wrap(body).putInt(at, random.nextBoolean() ? Integer.MAX_VALUE : -1 - random.nextInt(9));
            }
        }
        Frame bad = new Frame(good.type(), 1, 1, ByteBuffer.wrap(body));
        try {
            if (request) {
                assertThat(RequestCodec.read(bad, Messages.REPLICA)).isNotNull();
            } else {
                assertThat(ResponseCodec.read(bad, Messages.REPLICA)).isNotNull();
            }
        } catch (WireException e) {
            assertThat(e.kind()).isEqualTo(WireException.Kind.MALFORMED);
        }
    }

    @Property(tries = 2000)
    void r50_noiseIsNoFrame(@ForAll byte[] noise) {
        try {
            assertThat(new FrameCollector().take(Unpooled.wrappedBuffer(noise), FrameCodec.MAX_HELLO_LENGTH))
                    .isEmpty();
        } catch (WireException e) {
            assertThat(e).hasMessageContaining("frame");
        }
    }

    @Test
    @DisplayName("R50: a length beyond the bound is refused at once, before any byte of the frame is there")
    void aLengthBeyondTheBoundIsRefused() {
        ByteBuf in = Unpooled.buffer().writeInt(FrameCodec.MAX_LENGTH + 1);
        assertThatThrownBy(() -> new FrameCollector().take(in, FrameCodec.MAX_LENGTH))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("2162689");
    }

    @Test
    @DisplayName("R50: a message that fits in no frame is refused by its sender")
    void aMessageThatIsTooLongIsRefused() throws WireException {
        ByteBuffer tooLong = ByteBuffer.allocate(FrameCodec.MAX_LENGTH);
        assertThatThrownBy(() -> bytes(new Request.BaseRange(Messages.REPLICA, TOKEN, 1, 0, tooLong)))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("fits in no frame");
        ByteBuffer fits = ByteBuffer.allocate(2 * 1024 * 1024);
        Request.BaseRange range = new Request.BaseRange(Messages.REPLICA, TOKEN, 1, 0, fits);
        assertThat(RequestCodec.read(only(bytes(range)), Messages.REPLICA)).isEqualTo(range);
    }

    @Test
    @DisplayName("R50: a type of a later version is refused, not skipped")
    void anUnknownTypeIsRefused() throws WireException {
        byte[] bytes = bytes(new Request.Fence(Messages.REPLICA, TOKEN));
        bytes[4] = 127;
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, bytes.length - 4);
        ByteBuffer.wrap(bytes).putInt(bytes.length - 4, (int) crc.getValue());
        assertThatThrownBy(() -> only(bytes)).hasMessageContaining("frame type 127 is not known");
    }

    @Test
    @DisplayName("R50, R54: a digest that is none is refused: a host keeps only what has the length of one")
    void aDigestOfAnotherLengthIsRefused() throws WireException {
        Response.LogDigest good = new Response.LogDigest(Messages.REPLICA, TOKEN, 1, 2, ByteBuffer.allocate(32));
        Frame frame = only(bytes(good));
        byte[] body = new byte[frame.body().remaining() - 1];
        frame.body().duplicate().get(body);
        ByteBuffer.wrap(body).putInt(body.length - 31 - Integer.BYTES, 31);
        Frame shorter = new Frame(frame.type(), 1, 1, ByteBuffer.wrap(body));
        assertThatThrownBy(() -> ResponseCodec.read(shorter, Messages.REPLICA))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("a digest has 32 bytes, not 31");
    }

    @Test
    @DisplayName("R50: a request does not pass as a response")
    void aRequestIsNoResponse() throws WireException {
        Frame fence = only(bytes(new Request.Fence(Messages.REPLICA, TOKEN)));
        assertThatThrownBy(() -> ResponseCodec.read(fence, Messages.REPLICA)).hasMessageContaining("is no response");
    }

    @Test
    void aLongErrorTextIsCutAtACharacter() throws WireException {
        RecoveryException error = new PermanentException("é".repeat(3000) + "x");
        Response.Failed back = (Response.Failed) ResponseCodec.read(
                only(bytes(new Response.Failed(Messages.REPLICA, TOKEN, 0, error))), Messages.REPLICA);
        assertThat(back.cause().getMessage()).isEqualTo("é".repeat(2048));
        RecoveryException odd = new PermanentException("x" + "é".repeat(3000));
        back = (Response.Failed)
                ResponseCodec.read(only(bytes(new Response.Failed(Messages.REPLICA, TOKEN, 0, odd))), Messages.REPLICA);
        assertThat(back.cause().getMessage()).isEqualTo("x" + "é".repeat(2047));
        assertThat(back.cause().getMessage().getBytes(StandardCharsets.UTF_8)).hasSize(4095);
    }

    @Test
    @DisplayName("R50: two hosts agree on the highest version that both know, or on none with an error naming both")
    void versionsAreNegotiated() throws PermanentException {
        HostId a = new HostId("a");
        HostId b = new HostId("b");
        Hello ours = new Hello(2, 5, a, b);
        assertThat(ours.agree(new Hello(1, 3, b, a))).isEqualTo(3);
        assertThat(ours.agree(new Hello(4, 9, b, a))).isEqualTo(5);
        assertThatThrownBy(() -> ours.agree(new Hello(6, 9, b, a)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("host a speaks protocol versions 2 to 5, host b speaks 6 to 9");
        assertThatThrownBy(() -> ours.agree(new Hello(2, 5, new HostId("c"), a)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("means to speak to host b, but host c is there");
        assertThatThrownBy(() -> ours.agree(new Hello(2, 5, b, new HostId("c"))))
                .isInstanceOf(PermanentException.class);
    }

    private static Frame only(byte[] bytes) throws WireException {
        ByteBuf in = Unpooled.wrappedBuffer(bytes);
        Frame frame = new FrameCollector().take(in, FrameCodec.MAX_LENGTH).orElseThrow();
        assertThat(in.isReadable()).isFalse();
        return frame;
    }

    private static byte[] bytes(Request request) throws WireException {
        return bytes(RequestCodec.type(request), out -> RequestCodec.write(out, request));
    }

    private static byte[] bytes(Response response) throws WireException {
        return bytes(ResponseCodec.type(response), out -> ResponseCodec.write(out, response));
    }

    private static byte[] bytes(FrameType type, FrameCodec.Body body) throws WireException {
        ByteBuf buffer = FrameCodec.encode(UnpooledByteBufAllocator.DEFAULT, 100, type, 1, 9, body);
        byte[] bytes = new byte[buffer.readableBytes()];
        buffer.readBytes(bytes).release();
        return bytes;
    }
}
