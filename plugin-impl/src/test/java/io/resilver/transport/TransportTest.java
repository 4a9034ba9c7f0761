package io.resilver.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.resilver.replica.link.ReplicaConnector;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import io.resilver.spi.model.VolumeId;
import io.resilver.transport.codec.FrameCodec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The transport over real sockets, as its users see it. */
class TransportTest {
    private static final HostId A = new HostId("host-a");
    private static final HostId B = new HostId("host-b");
    private static final Token TOKEN = new Token(new Incarnation("inc"), new Epoch(1, new MintId("m")), 1);
    private static final TransportOptions OPTIONS = TransportOptions.defaults();

    private final ExecutorService lookups = Executors.newCachedThreadPool();
    private final EventLoops loops = new EventLoops(2, "test-net");
    private final Handler handler = new Handler();
    private NettyConnector connector;
    private TransportServer server;

    @BeforeEach
    void open() throws PermanentException {
        start(OPTIONS);
    }

    @AfterEach
    void close() {
        connector.close();
        server.close();
        loops.close();
        lookups.shutdownNow();
        await().until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("test-net")));
    }

    @Test
    @DisplayName("R50: requests of a stream arrive in order, and their answers too")
    void aStreamKeepsItsOrder() {
        Listener heard = new Listener();
        ReplicaConnector.Stream stream = stream("r", heard);
        LongStream.range(0, 2000).forEach(i -> stream.send(ask("r", i)));
        await().until(() -> heard.answers.size() == 2000);
        assertThat(heard.answers)
                .containsExactlyElementsOf(LongStream.range(0, 2000).boxed().toList());
        assertThat(handler.asked("r"))
                .containsExactlyElementsOf(LongStream.range(0, 2000).boxed().toList());
    }

    @Test
    @DisplayName("R51, R54: many streams share a few connections and no thread is theirs")
    void manyStreamsShareAFewConnections() {
        List<Listener> all = new ArrayList<>();
        int threadsBefore = Thread.activeCount();
        for (int i = 0; i < 2000; i++) {
            Listener heard = new Listener();
            all.add(heard);
            stream("r" + i, heard).send(ask("r" + i, i));
        }
        await().until(() -> all.stream().allMatch(heard -> heard.answers.size() == 1));
        for (int i = 0; i < all.size(); i++) {
            assertThat(all.get(i).answers).containsExactly((long) i);
        }
        assertThat(server.connections()).isEqualTo(OPTIONS.connectionsPerPeer());
        assertThat(Thread.activeCount() - threadsBefore).isLessThan(20);
    }

    @Test
    @DisplayName("R51, R54: a stream whose handler does not get on delays no other, and is closed at its window")
    void aSlowStreamDelaysNoOther() throws PermanentException {
        restart(OPTIONS.withBytes(3 << 20, 64 << 20));
        handler.stuck.add("slow");
        Listener slow = new Listener();
        Listener fast = new Listener();
        ReplicaConnector.Stream slowStream = stream("slow", slow);
        ReplicaConnector.Stream alsoSlow = stream("slow", new Listener()); // so that both connections have one
        ReplicaConnector.Stream fastStream = stream("fast", fast);
        for (int i = 0; i < 3; i++) {
            slowStream.send(range("slow", i));
            alsoSlow.send(range("slow", i));
        }
        fastStream.send(ask("fast", 1));
        await().until(() -> fast.answers.size() == 1);
        slowStream.send(ask("slow", 7)); // the window is full: a question is heard all the same
        await().until(() -> slow.answers.size() == 1);
        assertThat(slow.ended).as("three ranges fit, with one more").isEmpty();
        for (int i = 3; i < 20; i++) {
            slowStream.send(range("slow", i));
        }
        await().until(() -> slow.ended.size() == 1);
        assertThat(slow.ended.get(0))
                .isInstanceOf(ResourceExhaustedException.class)
                .hasMessageContaining("under way and the window is");
        assertThat(handler.ranges("slow")).as("what was beyond the window").isLessThan(8);
        fastStream.send(ask("fast", 2));
        await().until(() -> fast.answers.size() == 2);
        alsoSlow.close();
    }

    @Test
    @DisplayName("R51: what a handler has dealt with counts no more against the window")
    void theWindowMovesOn() throws PermanentException {
        restart(OPTIONS.withBytes(2 << 20, 64 << 20));
        Listener heard = new Listener();
        ReplicaConnector.Stream stream = stream("r", heard);
        for (int i = 0; i < 40; i++) {
            int sent = i;
            stream.send(range("r", i));
            stream.send(ask("r", i));
            await().until(() -> heard.answers.size() == sent + 1);
        }
        assertThat(heard.ended).isEmpty();
        assertThat(handler.ranges("r")).isEqualTo(40);
    }

    @Test
    @DisplayName(
            "R50, R51: the memory of a range that was dealt with is used again, for a shorter one too, and nothing behind it is lost")
    void rangesComeInTheSameMemory() {
        Listener heard = new Listener();
        ReplicaConnector.Stream stream = stream("r", heard);
        for (int i = 0; i < 10; i++) {
            int sent = i;
            ByteBuffer data = ByteBuffer.allocate(i < 9 ? 1 << 20 : 700_000);
            while (data.hasRemaining()) {
                data.put((byte) (31 * i + data.position()));
            }
            handler.seen = 0;
            stream.send(new Request.BaseRange(replica("r"), TOKEN, i + 1, i, data.flip()));
            stream.send(ask("r", i));
            await().until(() -> heard.answers.size() == sent + 1);
            assertThat(handler.seen).isEqualTo(data.hashCode());
        }
        assertThat(handler.arrays("r").stream().distinct().count()).isLessThan(10);
        stream.send(new Request.BaseCommit(replica("r"), TOKEN, 11, ByteBuffer.allocate(Response.DIGEST_BYTES)));
        stream.send(ask("r", 11));
        await().until(() -> heard.answers.size() == 11); // answered behind what becomes of the commit
        stream.send(range("r", 11));
        stream.send(ask("r", 12));
        await().until(() -> heard.answers.size() == 12);
        List<Integer> arrays = handler.arrays("r");
        assertThat(arrays.subList(0, 10))
                .as("none is kept once the base is there")
                .doesNotContain(arrays.get(10));
    }

    @Test
    @DisplayName("R51: the memory of what is not dealt with, and of entries, is not used again")
    void whatIsKeptIsNotOverwritten() {
        Listener heard = new Listener();
        ReplicaConnector.Stream stream = stream("r", heard);
        Request appended = new Request.Append(
                replica("r"),
                TOKEN,
                1,
                new EntryBatch(
                        EntryId.NONE,
                        List.of(new LogEntry(1, 1, ByteBuffer.allocate(1 << 20))),
                        List.of(new LineageElement(1, Optional.of(new MintId("m")), 1))),
                OptionalLong.empty());
        for (int i = 0; i < 5; i++) {
            int sent = i;
            stream.send(appended);
            stream.send(ask("r", i));
            await().until(() -> heard.answers.size() == sent + 1);
        }
        assertThat(handler.requests.stream()
                        .filter(Request.Append.class::isInstance)
                        .map(each -> System.identityHashCode(((Request.Append) each)
                                .batch()
                                .entries()
                                .get(0)
                                .payload()
                                .array()))
                        .distinct())
                .hasSize(5);
        handler.stuck.add("s");
        ReplicaConnector.Stream stuck = stream("s", heard);
        LongStream.range(0, 5).forEach(i -> stuck.send(range("s", i)));
        stuck.send(ask("s", 1));
        await().until(() -> handler.ranges("s") == 5);
        assertThat(handler.arrays("s").stream().distinct().count())
                .as("of those that were not dealt with")
                .isEqualTo(5);
    }

    @Test
    @DisplayName("R50: a request that fits in no frame ends its stream at the sender, and no other")
    void aRequestThatIsTooLongEndsItsStream() {
        Listener heard = new Listener();
        Listener other = new Listener();
        ReplicaConnector.Stream stream = stream("r", heard);
        ReplicaConnector.Stream fine = stream("s", other);
        ReplicaConnector.Stream alsoFine = stream("t", other);
        stream.send(new Request.BaseRange(replica("r"), TOKEN, 1, 0, ByteBuffer.allocate(FrameCodec.MAX_LENGTH)));
        await().until(() -> heard.ended.size() == 1);
        assertThat(heard.ended.get(0))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("cannot send BASE_RANGE to vol/r")
                .hasMessageContaining("use smaller entries or ranges");
        fine.send(ask("s", 1));
        alsoFine.send(ask("t", 2));
        await().until(() -> other.answers.size() == 2);
        assertThat(handler.ranges("r")).isZero();
    }

    @Test
    @DisplayName("R50: another host than the one that was meant is an error that names both; no handler sees anything")
    void anotherHostIsRefused() {
        Listener heard = new Listener();
        ReplicaConnector.Stream stream = connector.open(new HostId("host-c"), endpoint(), replica("r"), heard);
        stream.send(ask("r", 1));
        await().until(() -> heard.ended.size() == 1);
        assertThat(heard.ended.get(0))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("host-b")
                .hasMessageContaining("host-c");
        assertThat(handler.requests).isEmpty();
    }

    @Test
    @DisplayName("R52: after the server restarts, the old stream has ended with a retriable error and a new one works")
    void aNewStreamReachesARestartedServer() throws PermanentException {
        Listener before = new Listener();
        stream("r", before).send(ask("r", 1));
        await().until(() -> before.answers.size() == 1);
        InetSocketAddress address = server.address();
        server.close();
        await().until(() -> before.ended.size() == 1);
        assertThat(before.ended.get(0)).isInstanceOf(RetriableException.class);
        server = TransportServer.open(loops, address, B, handler, OPTIONS);
        Listener after = new Listener();
        stream("r", after).send(ask("r", 2));
        await().until(() -> after.answers.size() == 1);
        assertThat(before.ended).hasSize(1);
    }

    @Test
    void aHostThatDoesNotListenEndsTheStreamWithARetriableError() throws IOException {
        int free = FreePorts.next();
        Listener heard = new Listener();
        ReplicaConnector.Stream stream = connector.open(B, new Endpoint("127.0.0.1", free), replica("r"), heard);
        stream.send(ask("r", 1));
        await().until(() -> heard.ended.size() == 1);
        assertThat(heard.ended.get(0))
                .isInstanceOf(RetriableException.class)
                .hasMessageContaining("cannot connect to host host-b at 127.0.0.1:" + free);
    }

    @Test
    void aNameThatIsNotKnownEndsTheStreamWithARetriableError() {
        Listener heard = new Listener();
        connector.open(B, new Endpoint("no-such-host.invalid", 1), replica("r"), heard);
        await().until(() -> heard.ended.size() == 1);
        assertThat(heard.ended.get(0)).isInstanceOf(RetriableException.class).hasMessageContaining("is not known");
    }

    @Test
    @DisplayName("R54: a connection without traffic stays, since both ends ping")
    void anIdleConnectionStays() throws PermanentException {
        restart(OPTIONS.withTimeouts(Duration.ofSeconds(3), Duration.ofSeconds(1)));
        Listener heard = new Listener();
        ReplicaConnector.Stream stream = stream("r", heard);
        stream.send(ask("r", 1));
        await().until(() -> heard.answers.size() == 1);
        await().during(Duration.ofMillis(2_500)).until(heard.ended::isEmpty);
        stream.send(ask("r", 2));
        await().until(() -> heard.answers.size() == 2);
    }

    @Test
    void theConnectionEndsWithItsLastStream() {
        Listener heard = new Listener();
        ReplicaConnector.Stream one = stream("r", heard);
        ReplicaConnector.Stream two = stream("s", heard);
        one.send(ask("r", 1));
        two.send(ask("s", 2));
        await().until(() -> heard.answers.size() == 2);
        assertThat(server.connections()).isEqualTo(2);
        one.close();
        two.close();
        one.close();
        await().until(() -> server.connections() == 0);
        assertThat(heard.ended).as("who closes a stream hears no more").isEmpty();
        Listener again = new Listener();
        stream("r", again).send(ask("r", 3));
        await().until(() -> again.answers.size() == 1);
    }

    @Test
    void streamsBeyondTheBoundAreRefused() throws PermanentException {
        restart(new TransportOptions(
                OPTIONS.connectTimeout(),
                OPTIONS.idleTimeout(),
                OPTIONS.windowBytes(),
                OPTIONS.connectionBytes(),
                1,
                2,
                9,
                Optional.empty()));
        stream("r", new Listener());
        stream("s", new Listener());
        Listener heard = new Listener();
        stream("t", heard);
        await().until(() -> heard.ended.size() == 1);
        assertThat(heard.ended.get(0)).isInstanceOf(ResourceExhaustedException.class);
    }

    @Test
    @DisplayName("R21: more than the bound of unwritten bytes ends the connection instead of filling the memory")
    void unwrittenBytesAreBounded() throws PermanentException {
        restart(OPTIONS.withBytes(1 << 20, 4 << 20));
        Listener heard = new Listener();
        ReplicaConnector.Stream stream = stream("r", heard);
        for (int i = 0; i < 50; i++) { // at once, before the hello
            stream.send(range("r", i));
        }
        await().until(() -> heard.ended.size() == 1);
        assertThat(heard.ended.get(0))
                .isInstanceOf(RetriableException.class)
                .hasMessageContaining("bytes wait to be written");
    }

    @Test
    void aHandlerThatThrowsLosesItsStreamOnly() {
        handler.broken.add("bad");
        Listener bad = new Listener();
        Listener good = new Listener();
        stream("bad", bad).send(ask("bad", 1));
        stream("good", good).send(ask("good", 1));
        stream("good2", good).send(ask("good2", 2));
        await().until(() -> bad.ended.size() == 1 && good.answers.size() == 2);
        assertThat(bad.ended.get(0)).isInstanceOf(PermanentException.class);
        assertThat(good.ended).isEmpty();
    }

    @Test
    void aListenerThatThrowsLosesItsStreamOnly() {
        Listener bad = new Listener();
        bad.broken = true;
        Listener good = new Listener();
        ReplicaConnector.Stream badStream = stream("bad", bad);
        badStream.send(ask("bad", 1));
        stream("good", good).send(ask("good", 1));
        stream("good2", good).send(ask("good2", 2));
        await().until(() -> bad.ended.size() == 1 && good.answers.size() == 2);
        assertThat(good.ended).isEmpty();
    }

    @Test
    void aPortInUseIsNamedWithItsKey() {
        assertThatThrownBy(() -> TransportServer.open(loops, server.address(), B, handler, OPTIONS))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("127.0.0.1")
                .hasMessageContaining(String.valueOf(server.address().getPort()))
                .hasMessageContaining("resilver.transport.port");
    }

    @Test
    void closingEndsEveryStreamAndRefusesNewOnes() {
        Listener heard = new Listener();
        stream("r", heard).send(ask("r", 1));
        await().until(() -> heard.answers.size() == 1);
        connector.close();
        await().until(() -> heard.ended.size() == 1);
        assertThat(heard.ended.get(0)).isInstanceOf(CancelledException.class);
        Listener late = new Listener();
        stream("r", late).send(ask("r", 2));
        await().until(() -> late.ended.size() == 1);
        assertThat(late.ended.get(0)).isInstanceOf(CancelledException.class);
        await().until(() -> server.connections() == 0);
    }

    @Test
    void aRequestForAnotherReplicaIsTheCallersMistake() {
        ReplicaConnector.Stream stream = stream("r", new Listener());
        assertThatThrownBy(() -> stream.send(ask("s", 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("vol/s");
    }

    private void restart(TransportOptions options) throws PermanentException {
        connector.close();
        server.close();
        start(options);
    }

    private void start(TransportOptions options) throws PermanentException {
        server = TransportServer.open(
                loops, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), B, handler, options);
        connector = new NettyConnector(loops, A, lookups, options);
    }

    private ReplicaConnector.Stream stream(String replica, Listener listener) {
        return connector.open(B, endpoint(), replica(replica), listener);
    }

    private Endpoint endpoint() {
        return new Endpoint("127.0.0.1", server.address().getPort());
    }

    private static ReplicaId replica(String name) {
        return new ReplicaId(new VolumeId("vol"), name);
    }

    private static Request ask(String replica, long question) {
        return new Request.Ask(replica(replica), TOKEN, question);
    }

    private static Request range(String replica, long index) {
        return new Request.BaseRange(replica(replica), TOKEN, index + 1, index, ByteBuffer.allocate(1 << 20));
    }

    private static final class Listener implements ReplicaConnector.Listener {
        final List<Long> answers = new CopyOnWriteArrayList<>();
        final List<RecoveryException> ended = new CopyOnWriteArrayList<>();
        volatile boolean broken;

        @Override
        public void received(Response response) {
            if (broken) {
                throw new IllegalStateException("on purpose");
            }
            answers.add(((Response.Answered) response).question());
        }

        @Override
        public void closed(RecoveryException why) {
            ended.add(why);
        }
    }

    /** Answers each question at once, and deals with ranges unless the replica is stuck. */
    static final class Handler implements io.resilver.replica.link.RequestHandler {
        final List<Request> requests = new CopyOnWriteArrayList<>();
        final java.util.Set<String> stuck = ConcurrentHashMap.newKeySet();
        final java.util.Set<String> broken = ConcurrentHashMap.newKeySet();
        final List<String> lost = new CopyOnWriteArrayList<>();
        /** The hash of the last range's bytes. */
        volatile int seen;

        @Override
        public void lost(ReplicaId replica, HostId from) {
            lost.add(from + " of " + replica.name());
        }

        @Override
        public CompletableFuture<Void> handle(Request request, ResponseSink back) {
            if (broken.contains(request.replica().name())) {
                throw new IllegalStateException("on purpose");
            }
            requests.add(request);
            if (request instanceof Request.BaseRange range) {
                seen = range.data().hashCode();
            }
            if (request instanceof Request.Ask ask) {
                back.send(new Response.Answered(ask.replica(), ask.token(), ask.question()));
            }
            if (request instanceof Request.BaseBegin begin) {
                back.send(new Response.BaseCandidates(begin.replica(), begin.token(), 0, 3));
                back.send(new Response.BaseReady(begin.replica(), begin.token(), 1, new BitSet()));
            }
            return stuck.contains(request.replica().name())
                    ? new CompletableFuture<>()
                    : CompletableFuture.completedFuture(null);
        }

        List<Long> asked(String replica) {
            return requests.stream()
                    .filter(each -> each.replica().name().equals(replica))
                    .filter(Request.Ask.class::isInstance)
                    .map(each -> ((Request.Ask) each).question())
                    .toList();
        }

        /** Which arrays ranges came in. */
        List<Integer> arrays(String replica) {
            return requests.stream()
                    .filter(each -> each.replica().name().equals(replica))
                    .filter(Request.BaseRange.class::isInstance)
                    .map(each -> System.identityHashCode(
                            ((Request.BaseRange) each).data().array()))
                    .toList();
        }

        long ranges(String replica) {
            return requests.stream()
                    .filter(each -> each.replica().name().equals(replica))
                    .filter(Request.BaseRange.class::isInstance)
                    .count();
        }
    }
}
