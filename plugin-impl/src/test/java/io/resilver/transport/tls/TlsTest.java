package io.resilver.transport.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.resilver.replica.link.ReplicaConnector;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.RequestHandler;
import io.resilver.replica.link.Response;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import io.resilver.spi.model.VolumeId;
import io.resilver.transport.EventLoops;
import io.resilver.transport.NettyConnector;
import io.resilver.transport.TransportOptions;
import io.resilver.transport.TransportServer;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mutual TLS between two hosts over real sockets, with real certificates, good and bad. */
class TlsTest {
    private static final HostId A = new HostId("host-a");
    private static final HostId B = new HostId("host_B");
    /** An id that is no DNS name. */
    private static final String URI_OF_B = "uri:resilver:" + B.value();

    private static final ReplicaId REPLICA = new ReplicaId(new VolumeId("vol"), "r");
    private static final Token TOKEN = new Token(new Incarnation("inc"), new Epoch(1, new MintId("m")), 1);

    private static TestAuthority ours;
    private static TestAuthority theirs;
    private static TlsFiles filesOfA;
    private static TlsFiles filesOfB;

    private final ExecutorService lookups = Executors.newCachedThreadPool();
    private final EventLoops loops = new EventLoops(2, "test-tls");
    private final Handler handler = new Handler();
    private Optional<TransportServer> server = Optional.empty();
    private Optional<NettyConnector> connector = Optional.empty();

    @BeforeAll
    static void sign(@TempDir Path directory) throws Exception {
        ours = new TestAuthority(directory, "ours");
        theirs = new TestAuthority(directory, "theirs");
        filesOfA = ours.host("a", "dns:" + A.value());
        filesOfB = ours.host("b", "dns:other-name", URI_OF_B);
    }

    @AfterEach
    void close() {
        connector.ifPresent(NettyConnector::close);
        server.ifPresent(TransportServer::close);
        loops.close();
        lookups.shutdownNow();
    }

    @Test
    @DisplayName("R54: two hosts that trust each other talk, encrypted")
    void mutual() throws Exception {
        listen(Optional.of(Tls.open(filesOfB, B)));
        Heard heard = dial(A, Optional.of(Tls.open(filesOfA, A)));
        await().until(() -> heard.answers.equals(List.of(7L)));
        assertThat(heard.ended).isEmpty();
        // What a listener on the wire would see: nothing before the handshake, and then no frame of ours.
        try (Socket plain = new Socket(
                InetAddress.getLoopbackAddress(), server.orElseThrow().address().getPort())) {
            plain.getOutputStream().write("RSLV no hello at all".getBytes(StandardCharsets.US_ASCII));
            plain.getOutputStream().flush();
            InputStream in = plain.getInputStream();
            int first = in.read();
            assertThat(first).as("an alert, or the end").isIn(-1, 21);
        }
        assertThat(handler.questions).containsExactly(7L);
    }

    @Test
    @DisplayName("R54: a peer signed by another authority gets a clear, final error, and nothing reaches the handler")
    void anotherAuthority() throws Exception {
        listen(Optional.of(Tls.open(filesOfB, B)));
        Heard heard = dial(A, Optional.of(Tls.open(theirs.host("a", "dns:" + A.value()), A)));
        await().until(() -> heard.ended.size() == 1);
        assertThat(heard.ended.get(0))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining(TlsFiles.TRUST_KEY)
                .hasMessageContaining("host " + B);
        assertThat(handler.questions).isEmpty();
    }

    @Test
    @DisplayName("R54: a server whose certificate this host does not trust is told nothing, not even who asks")
    void untrustedServer() throws Exception {
        TlsFiles imposter = theirs.host("b", URI_OF_B);
        listen(Optional.of(Tls.open(new TlsFiles(imposter.certificate(), imposter.key(), filesOfB.trust()), B)));
        Heard heard = dial(A, Optional.of(Tls.open(filesOfA, A)));
        await().until(() -> heard.ended.size() == 1);
        assertThat(heard.ended.get(0)).isInstanceOf(PermanentException.class);
        assertThat(handler.questions).isEmpty();
    }

    @Test
    @DisplayName("R54: a trusted certificate of another host does not pass for this one, on either side")
    void anotherHostsCertificate() throws Exception {
        listen(Optional.of(Tls.open(filesOfB, B)));
        // It says that it is host A, with a certificate of host C.
        Heard liar = dial(A, Optional.of(Tls.open(ours.host("c", "dns:host-c"), new HostId("host-c"))));
        await().until(() -> liar.ended.size() == 1);
        assertThat(liar.ended.get(0))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("host-c")
                .hasMessageContaining(A.value());
        assertThat(handler.questions).isEmpty();
        connector.ifPresent(NettyConnector::close);
        server.ifPresent(TransportServer::close);
        listen(Optional.of(Tls.open(ours.host("d", "dns:host-d"), new HostId("host-d"))));
        Heard honest = dial(A, Optional.of(Tls.open(filesOfA, A)));
        await().until(() -> honest.ended.size() == 1);
        assertThat(honest.ended.get(0)).isInstanceOf(PermanentException.class);
        assertThat(handler.questions).isEmpty();
    }

    @Test
    @DisplayName("R54: a host with TLS and one without do not talk, and the one that dials with it hears why")
    void oneWithoutTls() throws Exception {
        listen(Optional.empty());
        Heard heard = dial(A, Optional.of(Tls.open(filesOfA, A)));
        await().until(() -> heard.ended.size() == 1);
        assertThat(heard.ended.get(0)).isInstanceOf(PermanentException.class).hasMessageContaining("both use TLS");
        connector.ifPresent(NettyConnector::close);
        server.ifPresent(TransportServer::close);
        listen(Optional.of(Tls.open(filesOfB, B)));
        Heard plain = dial(A, Optional.empty());
        await().until(() -> plain.ended.size() == 1);
        assertThat(handler.questions).isEmpty();
    }

    @Test
    @DisplayName("R54: an end that is only gone is no matter of trust: it may be dialled again")
    void cutOffInTheHandshake() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Heard heard = dial(A, Optional.of(Tls.open(filesOfA, A)), silent.getLocalPort());
            silent.accept().close();
            await().until(() -> heard.ended.size() == 1);
            assertThat(heard.ended.get(0)).isInstanceOf(RetriableException.class);
        }
    }

    @Test
    @DisplayName("R43: changed files come into force without a restart; files that cannot be read change nothing")
    void reload(@TempDir Path directory) throws Exception {
        TlsFiles used = new TlsFiles(
                directory.resolve("host.pem"), directory.resolve("host.key"), directory.resolve("trust.pem"));
        copy(filesOfB, used);
        Tls tls = Tls.open(used, B);
        listen(Optional.of(tls));
        assertThat(tls.reload()).as("nothing has changed").isFalse();
        TlsFiles newA = theirs.host("a2", "dns:" + A.value());
        Heard refused = dial(A, Optional.of(Tls.open(newA, A)));
        await().until(() -> refused.ended.size() == 1);

        Files.writeString(used.certificate(), "half a file");
        assertThat(tls.reload()).isFalse();
        Heard still = dial(A, Optional.of(Tls.open(filesOfA, A)));
        await().until(() -> still.answers.equals(List.of(7L)));

        TlsFiles newB = theirs.host("b2", URI_OF_B);
        Files.copy(newB.certificate(), used.certificate(), StandardCopyOption.REPLACE_EXISTING);
        assertThat(tls.reload())
                .as("a new certificate with the old key, between two copies")
                .isFalse();
        assertThatThrownBy(() -> Tls.open(used, B))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("is not the key of");

        copy(newB, used);
        assertThat(tls.reload()).isTrue();
        assertThat(still.ended).as("an open connection stays").isEmpty();
        connector.ifPresent(NettyConnector::close);
        Heard heard = dial(A, Optional.of(Tls.open(newA, A)));
        await().until(() -> heard.answers.equals(List.of(7L)));
    }

    @Test
    @DisplayName("files that are missing, broken, or of another host stop the start, with file and key in the error")
    void wrongFiles(@TempDir Path directory) throws Exception {
        Path gone = directory.resolve("gone.pem");
        Path broken = Files.writeString(directory.resolve("broken.pem"), "not PEM");
        assertThatThrownBy(() -> Tls.open(new TlsFiles(gone, filesOfA.key(), filesOfA.trust()), A))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining(TlsFiles.CERTIFICATE_KEY)
                .hasMessageContaining("gone.pem");
        assertThatThrownBy(() -> Tls.open(new TlsFiles(broken, filesOfA.key(), filesOfA.trust()), A))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("broken.pem");
        assertThatThrownBy(() -> Tls.open(new TlsFiles(filesOfA.certificate(), broken, filesOfA.trust()), A))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining(TlsFiles.KEY_KEY);
        assertThatThrownBy(() -> Tls.open(new TlsFiles(filesOfA.certificate(), filesOfA.key(), broken), A))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining(TlsFiles.TRUST_KEY);
        assertThatThrownBy(() -> Tls.open(filesOfA, B))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining(A.value())
                .hasMessageContaining(B.value());
    }

    @Test
    @DisplayName("a certificate without alternative names names its common name, and only then")
    void commonName() throws Exception {
        Tls.open(ours.host("host-x"), new HostId("host-x"));
        TlsFiles both = ours.host("host-y", "dns:host-z");
        Tls.open(both, new HostId("host-z"));
        assertThatThrownBy(() -> Tls.open(both, new HostId("host-y"))).isInstanceOf(PermanentException.class);
    }

    private static void copy(TlsFiles from, TlsFiles to) throws Exception {
        Files.copy(from.certificate(), to.certificate(), StandardCopyOption.REPLACE_EXISTING);
        Files.copy(from.key(), to.key(), StandardCopyOption.REPLACE_EXISTING);
        Files.copy(from.trust(), to.trust(), StandardCopyOption.REPLACE_EXISTING);
    }

    private void listen(Optional<Tls> tls) throws PermanentException {
        server = Optional.of(TransportServer.open(
                loops,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                B,
                handler,
                TransportOptions.defaults().withTls(tls)));
    }

    private Heard dial(HostId self, Optional<Tls> tls) {
        return dial(self, tls, server.orElseThrow().address().getPort());
    }

    private Heard dial(HostId self, Optional<Tls> tls, int port) {
        NettyConnector made = new NettyConnector(
                loops, self, lookups, TransportOptions.defaults().withTls(tls));
        connector = Optional.of(made);
        Heard heard = new Heard();
        ReplicaConnector.Stream stream = made.open(B, new Endpoint("127.0.0.1", port), REPLICA, heard);
        stream.send(new Request.Ask(REPLICA, TOKEN, 7));
        return heard;
    }

    private static final class Heard implements ReplicaConnector.Listener {
        private final List<Long> answers = new CopyOnWriteArrayList<>();
        private final List<RecoveryException> ended = new CopyOnWriteArrayList<>();

        @Override
        public void received(Response response) {
            answers.add(((Response.Answered) response).question());
        }

        @Override
        public void closed(RecoveryException why) {
            ended.add(why);
        }
    }

    private static final class Handler implements RequestHandler {
        private final List<Long> questions = new CopyOnWriteArrayList<>();

        @Override
        public CompletionStage<Void> handle(Request request, ResponseSink back) {
            Request.Ask ask = (Request.Ask) request;
            questions.add(ask.question());
            back.send(new Response.Answered(ask.replica(), ask.token(), ask.question()));
            return CompletableFuture.completedFuture(null);
        }
    }
}
