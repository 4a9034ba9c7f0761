package io.resilver.multihost;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The proxy does what it says, between a client and a server that this test reads and writes by hand. */
class FaultProxyTest {
    private static final int MUCH = 64 << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration LONGER_THAN_ANY_TEST = Duration.ofHours(1);

    private ServerSocket listening;
    private FaultProxy proxy;
    private final List<Socket> sockets = new ArrayList<>();
    private Set<Thread> before = Set.of();

    @BeforeEach
    void start() throws IOException {
        before = Thread.getAllStackTraces().keySet();
        listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        proxy = new FaultProxy(listening.getLocalPort());
    }

    @AfterEach
    void closesEverything() throws Exception {
        for (Socket each : sockets) {
            each.close();
        }
        proxy.close();
        listening.close();
        assertThat(proxy.connections()).isZero();
        await().atMost(PATIENCE)
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(
                                each -> !before.contains(each) && each.getName().startsWith("fault-proxy-")));
    }

    private Socket client() throws IOException {
        Socket made = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        sockets.add(made);
        return made;
    }

    private Socket server() throws IOException {
        Socket made = listening.accept();
        sockets.add(made);
        return made;
    }

    private static void say(Socket from, String what) throws IOException {
        from.getOutputStream().write(what.getBytes(UTF_8));
    }

    private static String hear(Socket at, int bytes) throws IOException {
        return new String(at.getInputStream().readNBytes(bytes), UTF_8);
    }

    @Test
    @DisplayName("what passes arrives in both directions, and so does the end")
    void passes() throws Exception {
        Socket client = client();
        Socket server = server();
        say(client, "ask");
        assertThat(hear(server, 3)).isEqualTo("ask");
        say(server, "answer");
        assertThat(hear(client, 6)).isEqualTo("answer");
        client.shutdownOutput();
        assertThat(server.getInputStream().read()).isEqualTo(-1);
    }

    @Test
    @DisplayName("a cut keeps back what is said in that direction, and it arrives afterwards; the other is as it was")
    void cutsOneWay() throws Exception {
        Socket client = client();
        Socket server = server();
        proxy.cutForward();
        say(client, "late");
        say(server, "prompt");
        assertThat(hear(client, 6)).isEqualTo("prompt");
        assertThat(server.getInputStream().available()).isZero();
        proxy.cutBackward();
        assertThat(hear(server, 4)).isEqualTo("late");
        say(server, "back");
        proxy.pass();
        assertThat(hear(client, 4)).isEqualTo("back");
    }

    @Test
    @DisplayName("a connection that is made during a cut leads somewhere once it is over")
    void connectsLater() throws Exception {
        proxy.cut();
        Socket client = client();
        say(client, "first");
        await().atMost(PATIENCE).until(() -> proxy.connections() == 1);
        proxy.pass();
        assertThat(hear(server(), 5)).isEqualTo("first");
    }

    @Test
    @DisplayName("a cut keeps a bounded part: a sender of much is stopped by its own socket")
    void isBounded() throws Exception {
        Socket client = client();
        Socket server = server();
        proxy.cut();
        AtomicBoolean sent = new AtomicBoolean();
        Thread sender = new Thread(() -> {
            try {
                client.getOutputStream().write(new byte[MUCH]);
                sent.set(true);
            } catch (IOException e) {
                return; // the test has failed
            }
        });
        sender.start();
        await().atMost(PATIENCE).until(() -> proxy.held() > 0 && proxy.backlog() > 2 * FaultProxy.CHUNK);
        assertThat(proxy.held()).isLessThanOrEqualTo(FaultProxy.CHUNK);
        assertThat(proxy.backlog()).isLessThan(MUCH / 2);
        assertThat(sent).isFalse();
        assertThat(server.getInputStream().available()).isZero();
        proxy.pass();
        assertThat(server.getInputStream().readNBytes(MUCH)).hasSize(MUCH);
        sender.join();
        await().atMost(PATIENCE).until(() -> proxy.backlog() == 0);
    }

    @Test
    @DisplayName("half open: both sides stay connected, and what they say is gone for good")
    void halfOpen() throws Exception {
        Socket client = client();
        Socket server = server();
        proxy.halfOpen();
        say(client, "lost");
        say(server, "lost");
        assertThat(proxy.connections()).isEqualTo(1);
        await().atMost(PATIENCE).until(() -> proxy.swallowed() == 8);
        proxy.pass();
        say(client, "seen");
        assertThat(hear(server, 4)).isEqualTo("seen");
    }

    @Test
    @DisplayName("a delay and a throttle hold what is said for as long as they say, and let all of it through then")
    void slow() throws Exception {
        Socket client = client();
        Socket server = server();
        proxy.delay(LONGER_THAN_ANY_TEST);
        say(client, "x");
        await().atMost(PATIENCE).until(() -> proxy.held() == 1);
        assertThat(server.getInputStream().available()).isZero();
        proxy.delay(Duration.ofMillis(1));
        assertThat(hear(server, 1)).isEqualTo("x");

        proxy.throttle(1);
        say(client, "y".repeat(2_000));
        await().atMost(PATIENCE).until(() -> proxy.held() > 0);
        assertThat(server.getInputStream().available()).isZero();
        proxy.throttle(1_000_000);
        assertThat(hear(server, 2_000)).isEqualTo("y".repeat(2_000));
        assertThat(proxy.held()).isZero();
    }

    @Test
    @DisplayName("a delay is the same for any chunk; a throttle makes one wait as long as its bytes take at that rate")
    void paces() {
        Pace delay = new Pace(Duration.ofMillis(100), Long.MAX_VALUE);
        assertThat(delay.nanos(1)).isEqualTo(100_000_000);
        assertThat(delay.nanos(2_000)).isEqualTo(100_000_000);
        Pace throttle = new Pace(Duration.ZERO, 10_000);
        assertThat(throttle.nanos(2_000)).isEqualTo(200_000_000);
        assertThat(throttle.nanos(0)).isZero();
        assertThat(Pace.NONE.nanos(2_000)).isZero();
    }

    @Test
    @DisplayName("a cut of the present connections keeps back what they say; one that is made afterwards is as before")
    void cutsWhatIsThere() throws Exception {
        Socket old = client();
        Socket oldServer = server();
        say(old, "1");
        assertThat(hear(oldServer, 1)).isEqualTo("1");
        proxy.cutPresent();
        say(old, "late");
        say(oldServer, "back");
        await().atMost(PATIENCE).until(() -> proxy.held() == 8);
        say(client(), "prompt");
        Socket server = server();
        assertThat(hear(server, 6)).isEqualTo("prompt");
        assertThat(oldServer.getInputStream().available()).isZero();
        assertThat(old.getInputStream().available()).isZero();
        proxy.pass();
        assertThat(hear(oldServer, 4)).isEqualTo("late");
        assertThat(hear(old, 4)).isEqualTo("back");
    }

    @Test
    @DisplayName(
            "a cut of what comes back over the present connections keeps no request back, and no other connection's answer")
    void cutsAnswersOfWhatIsThere() throws Exception {
        Socket old = client();
        Socket oldServer = server();
        say(old, "1");
        assertThat(hear(oldServer, 1)).isEqualTo("1");
        proxy.cutPresentBackward();
        say(old, "heard");
        assertThat(hear(oldServer, 5)).isEqualTo("heard");
        say(oldServer, "back");
        await().atMost(PATIENCE).until(() -> proxy.held() == 4);
        Socket fresh = client();
        say(fresh, "prompt");
        Socket server = server();
        assertThat(hear(server, 6)).isEqualTo("prompt");
        say(server, "answer");
        assertThat(hear(fresh, 6)).isEqualTo("answer");
        assertThat(old.getInputStream().available()).isZero();
        proxy.pass();
        assertThat(hear(old, 4)).isEqualTo("back");
    }

    @Test
    @DisplayName("a reset is a reset on both sides; the next connection is as before")
    void resets() throws Exception {
        Socket client = client();
        Socket server = server();
        say(client, "x");
        assertThat(hear(server, 1)).isEqualTo("x");
        proxy.reset();
        assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
        assertThatThrownBy(() -> server.getInputStream().read()).isInstanceOf(SocketException.class);
        say(client(), "again");
        assertThat(hear(server(), 5)).isEqualTo("again");
    }
}
