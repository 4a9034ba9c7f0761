package io.resilver.coordination.curator;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.spi.error.PermanentException;
import io.resilver.transport.tls.TestAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.apache.zookeeper.common.X509Util;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is heard of a server that refuses this client. */
class TlsCheckTest {
    @TempDir
    Path directory;

    /** Resets some connections, as a server does that closes before it has read all, and then refuses who shows no certificate. */
    private static void refuse(ServerSocket listening, SSLContext context, int resets) {
        for (int connection = 0; ; connection++) {
            try (Socket accepted = listening.accept()) {
                if (connection < resets) {
                    accepted.setSoLinger(true, 0);
                } else {
                    SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(accepted, null, true);
                    socket.setNeedClientAuth(true);
                    socket.startHandshake();
                }
            } catch (IOException refused) {
                if (listening.isClosed()) {
                    return;
                }
            }
        }
    }

    @Test
    @DisplayName("R43: a refusal is heard also when a reset came instead of it the first times")
    void aResetHidesARefusal() throws Exception {
        TestAuthority authority = new TestAuthority(directory, "authority");
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                new KeyManager[] {
                    X509Util.createKeyManager(
                            authority.joined("server", "ip:127.0.0.1").toString(), "", "PEM")
                },
                new TrustManager[] {
                    X509Util.createTrustManager(
                            authority.certificate().toString(), "", "PEM", false, false, true, false, false, false)
                },
                null);
        ZooKeeperTls tls = new ZooKeeperTls(authority.certificate(), Optional.empty());
        try (ServerSocket listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Thread server = new Thread(() -> refuse(listening, context, 2), "refusing-server");
            server.start();
            CuratorSettings settings = new CuratorSettings(
                    "127.0.0.1:" + listening.getLocalPort(),
                    "n",
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(10),
                    Optional.empty(),
                    Optional.of(tls));
            assertThatThrownBy(() -> TlsCheck.check(settings, tls))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining(ZooKeeperTls.IDENTITY_KEY + ", which is not set");
        }
    }
}
