package io.resilver.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.resilver.replica.link.RangeKey;
import io.resilver.replica.link.ReplicaConnector;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import io.resilver.spi.model.VolumeId;
import io.resilver.transport.codec.Control;
import io.resilver.transport.codec.Frame;
import io.resilver.transport.codec.FrameCodec;
import io.resilver.transport.codec.FrameCollector;
import io.resilver.transport.codec.FrameType;
import io.resilver.transport.codec.Hello;
import io.resilver.transport.codec.RequestCodec;
import io.resilver.transport.codec.WireException;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** R50, R54: a peer that speaks wrongly, or not at all, written with bare sockets. */
class HostilePeerTest {
    private static final HostId A = new HostId("host-a");
    private static final HostId B = new HostId("host-b");
    private static final ReplicaId REPLICA = new ReplicaId(new VolumeId("vol"), "r");
    private static final Token TOKEN = new Token(new Incarnation("inc"), new Epoch(1, new MintId("m")), 1);
    private static final int PATIENCE_MS = 20_000;

    /** Nothing ends for silence within any test's patience. */
    private static final TransportOptions PATIENT =
            TransportOptions.defaults().withTimeouts(Duration.ofHours(1), Duration.ofHours(1));

    /** For those who are silent, and for nobody else. */
    private static final TransportOptions SHORT =
            TransportOptions.defaults().withTimeouts(Duration.ofSeconds(1), Duration.ofSeconds(1));

    private final EventLoops loops = new EventLoops(1, "hostile-net");
    private final ExecutorService lookups = Executors.newSingleThreadExecutor();
    private final TransportTest.Handler handler = new TransportTest.Handler();
    private TransportServer server;

    @BeforeEach
    void open() throws PermanentException {
        server = listen(PATIENT);
    }

    private void listensToTheQuickOnly() throws PermanentException {
        server.close();
        server = listen(SHORT);
    }

    private TransportServer listen(TransportOptions options) throws PermanentException {
        return TransportServer.open(
                loops, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), B, handler, options);
    }

    @AfterEach
    void close() {
        server.close();
        loops.close();
        lookups.shutdownNow();
    }

    @Test
    @DisplayName("R50: noise before the hello ends the connection, and nothing reaches the handler")
    void noiseEndsTheConnection() throws IOException {
        try (Peer peer = new Peer()) {
            peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(peer.goodbye()).isInstanceOf(RetriableException.class).hasMessageContaining("is not between");
        }
        assertThat(handler.requests).isEmpty();
    }

    @Test
    @DisplayName("R54: before the hello a peer can make the host hold a short frame only")
    void aLongFrameBeforeTheHelloIsRefused() throws IOException {
        try (Peer peer = new Peer()) {
            peer.send(new byte[] {0, 0, 4, 0}); // 1024 bytes are announced
            assertThat(peer.goodbye()).hasMessageContaining("1024 bytes is not between");
        }
    }

    @Test
    @DisplayName("R50: a version that does not fit is a final error that names both")
    void anotherVersionIsRefused() throws Exception {
        try (Peer peer = new Peer()) {
            peer.send(frame(FrameType.HELLO, 0, 1, new Hello(98, 99, A, B)::write));
            assertThat(peer.goodbye())
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("host-b speaks protocol versions 1 to 4, host host-a speaks 98 to 99");
        }
    }

    @Test
    @DisplayName("R50: a request before the hello is refused")
    void aRequestBeforeTheHelloIsRefused() throws Exception {
        try (Peer peer = new Peer()) {
            peer.send(frame(FrameType.OPEN, 1, 1, out -> Control.writeReplica(out, REPLICA)));
            assertThat(peer.goodbye()).isInstanceOf(PermanentException.class).hasMessageContaining("before the hello");
        }
    }

    @Test
    @DisplayName("R50: a flipped bit ends the connection before the handler sees the request")
    void aFlippedBitEndsTheConnection() throws Exception {
        try (Peer peer = new Peer()) {
            peer.greetAndOpen();
            byte[] ask = request(2, new Request.Ask(REPLICA, TOKEN, 5));
            ask[ask.length - 6] ^= 1;
            peer.send(ask);
            peer.send(request(3, new Request.Ask(REPLICA, TOKEN, 6)));
            assertThat(peer.goodbye()).isInstanceOf(RetriableException.class).hasMessageContaining("checksum");
        }
        assertThat(handler.requests).isEmpty();
    }

    @Test
    @DisplayName("R50: a repeated frame ends the connection before the handler sees it again")
    void aRepeatedFrameEndsTheConnection() throws Exception {
        try (Peer peer = new Peer()) {
            peer.greetAndOpen();
            byte[] ask = request(2, new Request.Ask(REPLICA, TOKEN, 5));
            peer.send(ask);
            peer.send(ask);
            assertThat(peer.goodbye()).isInstanceOf(PermanentException.class).hasMessageContaining("out of sequence");
        }
        assertThat(handler.requests).hasSize(1);
    }

    @Test
    @DisplayName("R50: a lost frame ends the connection before the handler sees the next one")
    void aLostFrameEndsTheConnection() throws Exception {
        try (Peer peer = new Peer()) {
            peer.greetAndOpen();
            peer.send(request(3, new Request.Ask(REPLICA, TOKEN, 5)));
            assertThat(peer.goodbye()).hasMessageContaining("frame 3 of stream 1 came out of sequence: 2 is next");
        }
        assertThat(handler.requests).isEmpty();
    }

    @Test
    @DisplayName("R50: a stream that was never opened, or is opened twice, ends the connection")
    void aStreamThatIsNotThereEndsTheConnection() throws Exception {
        try (Peer peer = new Peer()) {
            peer.greetAndOpen();
            peer.send(frame(FrameType.ASK, 2, 1, out -> RequestCodec.write(out, new Request.Ask(REPLICA, TOKEN, 5))));
            assertThat(peer.goodbye()).hasMessageContaining("stream 2 was never opened");
        }
        try (Peer peer = new Peer()) {
            peer.greetAndOpen();
            peer.send(frame(FrameType.OPEN, 1, 1, out -> Control.writeReplica(out, REPLICA)));
            assertThat(peer.goodbye()).hasMessageContaining("cannot be opened");
        }
        assertThat(handler.requests).isEmpty();
    }

    @Test
    @DisplayName("R54: a peer that connects and says nothing costs a timeout")
    void aPeerThatSaysNothingIsDropped() throws Exception {
        listensToTheQuickOnly();
        try (Peer peer = new Peer()) {
            assertThat(peer.goodbye()).isInstanceOf(RetriableException.class);
        }
        await().until(() -> server.connections() == 0);
    }

    @Test
    @DisplayName("R54: one host cannot take the connections of all: past its bound it is told so, and others get in")
    void connectionsOfOneHostAreBounded() throws Exception {
        int most = TransportServer.TIMES_PER_PEER * TransportOptions.defaults().connectionsPerPeer();
        List<Peer> greedy = new ArrayList<>();
        try {
            for (int i = 0; i < most; i++) {
                greedy.add(new Peer().greetedAs(A));
            }
            try (Peer refused = new Peer();
                    Peer other = new Peer()) {
                refused.greetedAs(A);
                assertThat(refused.goodbye())
                        .isInstanceOf(RetriableException.class)
                        .hasMessageContaining("host host-a has " + most + " connections to host host-b already");
                other.greetedAs(new HostId("host-c"));
                await().until(() -> server.connections() == most + 1);
            }
            greedy.get(0).close();
            await().until(() -> server.connections() == most - 1);
            greedy.add(new Peer().greetedAs(A));
            await().until(() -> server.connections() == most);
        } finally {
            for (Peer each : greedy) {
                each.close();
            }
        }
    }

    @Test
    @DisplayName("R39: a connection that is reset tells of every stream that was open on it, and from which host")
    void aResetIsASignal() throws Exception {
        try (Peer peer = new Peer()) {
            peer.greetAndOpen();
            peer.send(request(2, new Request.Ask(REPLICA, TOKEN, 5)));
            await().until(() -> handler.requests.size() == 1);
            peer.socket.setSoLinger(true, 0);
        }
        await().until(() -> !handler.lost.isEmpty());
        assertThat(handler.lost).containsExactly("host-a of r");
    }

    @Test
    @DisplayName("R39: a stream that its sender has closed is not lost with the connection")
    void aClosedStreamIsNotLost() throws Exception {
        try (Peer peer = new Peer()) {
            peer.greetAndOpen();
            peer.send(frame(FrameType.OPEN, 2, 1, out -> Control.writeReplica(out, REPLICA)));
            peer.send(frame(FrameType.CLOSE, 1, 2, out -> Control.writeEnd(out, Optional.empty())));
        }
        // The server forgets a connection before it tells of the streams on it, all of them in one task of its loop.
        await().until(() -> !handler.lost.isEmpty());
        loops.next().submit(() -> {}).get();
        assertThat(server.connections()).isZero();
        assertThat(handler.lost).hasSize(1);
    }

    @Test
    @DisplayName("R54: a peer that falls silent costs a timeout, not a hang")
    void aPeerThatFallsSilentIsDropped() throws Exception {
        listensToTheQuickOnly();
        try (Peer peer = new Peer()) {
            peer.greetAndOpen();
            assertThat(peer.goodbye()).isInstanceOf(RetriableException.class).hasMessageContaining("was silent");
        }
        await().until(() -> server.connections() == 0);
    }

    @Test
    @DisplayName("R54: a sender whose peer accepts and says nothing gets a retriable error after the timeout")
    void aSilentServerCostsATimeout() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                NettyConnector connector = new NettyConnector(loops, A, lookups, SHORT)) {
            CompletableFuture<RecoveryException> ended = new CompletableFuture<>();
            ReplicaConnector.Stream stream = connector.open(
                    B, new Endpoint("127.0.0.1", silent.getLocalPort()), REPLICA, new ReplicaConnector.Listener() {
                        @Override
                        public void received(Response response) {}

                        @Override
                        public void closed(RecoveryException why) {
                            ended.complete(why);
                        }
                    });
            stream.send(new Request.Ask(REPLICA, TOKEN, 1));
            assertThat(ended.get(PATIENCE_MS, TimeUnit.MILLISECONDS)).isInstanceOf(RetriableException.class);
        }
    }

    @Test
    @DisplayName("R54: a peer that sends signs of life but takes nothing is given up")
    void aPeerThatTakesNothingIsDropped() throws Exception {
        try (ServerSocket listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                NettyConnector connector = new NettyConnector(loops, A, lookups, SHORT)) {
            CompletableFuture<RecoveryException> ended = new CompletableFuture<>();
            ReplicaConnector.Stream stream = connector.open(
                    B, new Endpoint("127.0.0.1", listening.getLocalPort()), REPLICA, new ReplicaConnector.Listener() {
                        @Override
                        public void received(Response response) {}

                        @Override
                        public void closed(RecoveryException why) {
                            ended.complete(why);
                        }
                    });
            for (int i = 0; i < 30; i++) { // more than the sockets' buffers hold
                stream.send(new Request.BaseRange(REPLICA, TOKEN, i + 1, i, java.nio.ByteBuffer.allocate(1 << 20)));
            }
            try (Socket socket = listening.accept()) {
                socket.getOutputStream().write(frame(FrameType.HELLO, 0, 1, Hello.of(B, A)::write));
                for (long number = 2; !ended.isDone(); number++) {
                    byte[] ping = frame(FrameType.PING, 0, number, FrameCodec.Body.NONE);
                    try {
                        socket.getOutputStream().write(ping);
                    } catch (IOException e) {
                        break; // it was given up
                    }
                    ended.copy()
                            .completeOnTimeout(null, 50, TimeUnit.MILLISECONDS)
                            .get();
                }
                assertThat(ended.get(PATIENCE_MS, TimeUnit.MILLISECONDS))
                        .isInstanceOf(RetriableException.class)
                        .hasMessageContaining("took nothing");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("questions")
    @DisplayName(
            "R50: a host of an older release is not sent what it does not know: the link answers, the stream goes on")
    void anOlderHostIsNotAsked(Request.Question question, int version) throws Exception {
        try (ServerSocket listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                NettyConnector connector = new NettyConnector(loops, A, lookups, PATIENT)) {
            CompletableFuture<Response> answer = new CompletableFuture<>();
            ReplicaConnector.Stream stream = connector.open(
                    B, new Endpoint("127.0.0.1", listening.getLocalPort()), REPLICA, new ReplicaConnector.Listener() {
                        @Override
                        public void received(Response response) {
                            answer.complete(response);
                        }

                        @Override
                        public void closed(RecoveryException why) {
                            answer.completeExceptionally(why);
                        }
                    });
            stream.send(question);
            stream.send(new Request.Ask(REPLICA, TOKEN, 8));
            try (Socket socket = listening.accept()) {
                socket.setSoTimeout(PATIENCE_MS);
                DataInputStream in = new DataInputStream(socket.getInputStream());
                assertThat(Peer.read(in).type()).isEqualTo(FrameType.HELLO);
                socket.getOutputStream().write(frame(FrameType.HELLO, 0, 1, new Hello(1, version, B, A)::write));
                assertThat(Peer.read(in).type()).isEqualTo(FrameType.OPEN);
                assertThat(Peer.read(in))
                        .as("numbered without a gap")
                        .returns(FrameType.ASK, Frame::type)
                        .returns(2L, Frame::number);
                Response.NotDigested not = (Response.NotDigested) answer.get(PATIENCE_MS, TimeUnit.MILLISECONDS);
                assertThat(not.question()).isEqualTo(7);
                assertThat(not.cause())
                        .isInstanceOf(PermanentException.class)
                        .hasMessageContaining("host-b")
                        .hasMessageContaining("older release");
            }
        }
    }

    /** A question, and the newest protocol version that does not have it. */
    static Stream<Arguments> questions() {
        return Stream.of(
                Arguments.of(new Request.DigestLog(REPLICA, TOKEN, 7, 0, 10, 3, 30), 1),
                Arguments.of(new Request.DigestImage(REPLICA, TOKEN, 7, 10, 0, 30), 2));
    }

    @Test
    @DisplayName("R50: a frame of a later version than was agreed ends the connection before the handler sees it")
    void aFrameOfALaterVersionIsRefused() throws Exception {
        try (Peer peer = new Peer()) {
            peer.send(frame(FrameType.HELLO, 0, 1, new Hello(1, 1, A, B)::write));
            peer.send(frame(FrameType.OPEN, 1, 1, out -> Control.writeReplica(out, REPLICA)));
            peer.send(request(2, new Request.DigestLog(REPLICA, TOKEN, 7, 0, 10, 3, 30)));
            assertThat(peer.goodbye())
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("DIGEST_LOG is of protocol version 2, and version 1 was agreed");
        }
        assertThat(handler.requests).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4})
    @DisplayName("R50, R53: a host of an older release does not hear that it may offer ranges; the stream goes on")
    void anOlderHostHearsOfNoCandidates(int version) throws Exception {
        BaseDescriptor base = new BaseDescriptor(0, Lineage.EMPTY, 10, 10);
        try (Peer peer = new Peer()) {
            peer.send(frame(FrameType.HELLO, 0, 1, new Hello(1, version, A, B)::write));
            peer.send(frame(FrameType.OPEN, 1, 1, out -> Control.writeReplica(out, REPLICA)));
            peer.send(request(2, new Request.BaseBegin(REPLICA, TOKEN, 1, base, new RangeKey(1, 2))));
            DataInputStream in = new DataInputStream(peer.socket.getInputStream());
            assertThat(Peer.read(in).type()).isEqualTo(FrameType.HELLO);
            if (version >= FrameType.BASE_CANDIDATES.since()) {
                assertThat(Peer.read(in).type()).isEqualTo(FrameType.BASE_CANDIDATES);
            }
            assertThat(Peer.read(in))
                    .as("numbered without a gap")
                    .returns(FrameType.BASE_READY, Frame::type)
                    .returns(version - 2L, Frame::number);
        }
    }

    private static byte[] request(long number, Request request) throws WireException {
        return frame(RequestCodec.type(request), 1, number, out -> RequestCodec.write(out, request));
    }

    private static byte[] frame(FrameType type, int stream, long number, FrameCodec.Body body) throws WireException {
        ByteBuf buffer = FrameCodec.encode(UnpooledByteBufAllocator.DEFAULT, 100, type, stream, number, body);
        byte[] bytes = new byte[buffer.readableBytes()];
        buffer.readBytes(bytes).release();
        return bytes;
    }

    /** A peer made by hand. */
    private final class Peer implements AutoCloseable {
        private final Socket socket;

        Peer() throws IOException {
            socket = new Socket(
                    InetAddress.getLoopbackAddress(), server.address().getPort());
            socket.setSoTimeout(PATIENCE_MS);
        }

        void send(byte[] bytes) throws IOException {
            socket.getOutputStream().write(bytes);
        }

        void greetAndOpen() throws IOException, WireException {
            send(frame(FrameType.HELLO, 0, 1, Hello.of(A, B)::write));
            send(frame(FrameType.OPEN, 1, 1, out -> Control.writeReplica(out, REPLICA)));
        }

        /** Says hello and waits for the answer. */
        Peer greetedAs(HostId host) throws IOException, WireException {
            send(frame(FrameType.HELLO, 0, 1, Hello.of(host, B)::write));
            assertThat(read(new DataInputStream(socket.getInputStream())).type())
                    .isEqualTo(FrameType.HELLO);
            return this;
        }

        private static Frame read(DataInputStream in) throws IOException, WireException {
            int length = in.readInt();
            ByteBuf bytes = Unpooled.buffer().writeInt(length).writeBytes(in.readNBytes(length));
            return new FrameCollector().take(bytes, FrameCodec.MAX_LENGTH).orElseThrow();
        }

        /** Reads to the end of the connection; its last words are why. */
        RecoveryException goodbye() throws IOException {
            List<Frame> frames = new ArrayList<>();
            DataInputStream in = new DataInputStream(socket.getInputStream());
            try {
                while (frames.isEmpty() || frames.get(frames.size() - 1).type() != FrameType.GOODBYE) {
                    frames.add(read(in));
                }
                assertThat(in.read()).as("nothing follows").isEqualTo(-1);
                return Control.readEnd(frames.get(frames.size() - 1).body()).orElseThrow();
            } catch (WireException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
