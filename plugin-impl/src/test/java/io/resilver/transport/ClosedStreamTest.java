package io.resilver.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.replica.link.ReplicaConnector;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.RequestHandler;
import io.resilver.replica.link.Response;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.Token;
import io.resilver.spi.model.VolumeId;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the receiving end of a stream hears of its end, over real sockets. */
class ClosedStreamTest implements RequestHandler, ReplicaConnector.Listener {
    private static final HostId A = new HostId("host-a");
    private static final HostId B = new HostId("host-b");
    private static final Token TOKEN = new Token(new Incarnation("inc"), new Epoch(1, new MintId("m")), 1);

    private final ExecutorService lookups = Executors.newCachedThreadPool();
    private final EventLoops loops = new EventLoops(2, "test-closed");
    private final List<String> heard = new CopyOnWriteArrayList<>();
    private NettyConnector connector;
    private TransportServer server;

    @BeforeEach
    void open() throws PermanentException {
        server = TransportServer.open(
                loops,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                B,
                this,
                TransportOptions.defaults());
        connector = new NettyConnector(loops, A, lookups, TransportOptions.defaults());
    }

    @AfterEach
    void close() {
        connector.close();
        server.close();
        loops.close();
        lookups.shutdownNow();
    }

    @Override
    public CompletionStage<Void> handle(Request request, ResponseSink back) {
        if (request instanceof Request.Fence) {
            back.send(new Response.Fenced(
                    request.replica(),
                    request.token(),
                    "memory",
                    new StoreIdentity(new StoreId("store"), 1),
                    new ReplicaPosition(0, 0, OptionalLong.empty(), true, Optional.empty())));
        }
        heard.add("asked " + request.replica().name());
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void lost(ReplicaId replica, HostId from) {
        heard.add("lost " + replica.name() + " of " + from);
    }

    @Override
    public void left(ReplicaId replica, HostId from) {
        heard.add("left " + replica.name() + " by " + from);
    }

    @Override
    public void received(Response response) {}

    @Override
    public void closed(RecoveryException why) {}

    private ReplicaConnector.Stream stream(String name) {
        ReplicaId replica = new ReplicaId(new VolumeId("vol"), name);
        return connector.open(B, new Endpoint("127.0.0.1", server.address().getPort()), replica, this);
    }

    private ReplicaConnector.Stream fenced(String name) {
        ReplicaConnector.Stream opened = stream(name);
        opened.send(new Request.Fence(new ReplicaId(new VolumeId("vol"), name), TOKEN));
        return opened;
    }

    @Test
    @DisplayName(
            "R39: a stream that its sender closes is told as left, once and by name, and one whose connection ends as lost")
    void aClosedStreamIsLeft() {
        ReplicaConnector.Stream first = fenced("r1");
        fenced("r2");
        await().until(() -> heard.size() == 2);
        first.close();
        await().until(() -> heard.size() == 3);
        assertThat(heard).endsWith("left r1 by host-a");
        connector.close();
        await().until(() -> heard.size() == 4);
        assertThat(heard).endsWith("lost r2 of host-a");
    }

    @Test
    @DisplayName(
            "R21 R39: a stream that never had a session is closed without a word: nobody looks after a primary for it")
    void aStreamWithoutASessionIsNotLeft() {
        ReplicaConnector.Stream asking = stream("r1");
        asking.send(new Request.Ask(new ReplicaId(new VolumeId("vol"), "r1"), TOKEN, 1));
        ReplicaConnector.Stream silent = stream("r2");
        await().until(() -> heard.size() == 1);
        asking.close();
        silent.close();
        fenced("r3"); // over the same connection, and so after it
        await().until(() -> heard.contains("asked r3"));
        assertThat(heard).containsExactly("asked r1", "asked r3");
    }
}
