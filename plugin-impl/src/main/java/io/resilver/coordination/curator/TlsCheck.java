package io.resilver.coordination.curator;

import io.resilver.spi.error.PermanentException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.apache.zookeeper.client.ConnectStringParser;
import org.apache.zookeeper.common.X509Exception;
import org.apache.zookeeper.common.X509Util;

/**
 * Asks each server once, before the client begins, whether TLS with it works both ways. The client itself never says: to it a
 * certificate that is not trusted is one more lost connection, and it tries again for ever.
 */
final class TlsCheck {
    private static final String PEM = "PEM";

    /** A server answers it to anybody and ends the connection, whatever it has to say: it makes no session. */
    private static final byte[] QUESTION = "srvr".getBytes(StandardCharsets.US_ASCII);

    /** A server that is slower than this is left to the client, which has more patience. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(3);

    /** How often a server is met that ends the connection without a word. */
    private static final int ATTEMPTS = 5;

    private TlsCheck() {}

    /**
     * Passes when a server accepts this client or none could be asked. Blocks for at most {@link #LONGEST_WAIT} a server and
     * step.
     *
     * @throws PermanentException naming file and key when the files cannot be used, or what a server said when each one that
     *     could be asked refuses this client, or is refused by it, and none is away
     */
    static void check(CuratorSettings settings, ZooKeeperTls tls) throws PermanentException {
        SSLContext context = context(tls);
        List<InetSocketAddress> servers = new ConnectStringParser(settings.connectString()).getServerAddresses();
        int wait = Math.toIntExact(
                Math.min(LONGEST_WAIT.toMillis(), settings.connectionTimeout().toMillis()));
        Optional<PermanentException> refused = Optional.empty();
        int away = 0;
        for (InetSocketAddress each : servers) {
            try {
                ask(context, each, wait);
                return;
            } catch (SSLException wrong) {
                refused = Optional.of(refused(each, tls, wrong));
            } catch (IOException unreachable) {
                away++;
            }
        }
        if (refused.isPresent() && away == 0) {
            throw refused.get();
        }
    }

    /**
     * Asks, and where the server ended the connection without a word, only listens: one that refuses this client says why and
     * closes, and whoever writes to it then is told that the connection is gone, and not what had been said.
     */
    private static void ask(SSLContext context, InetSocketAddress server, int wait) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                greet(context, server, wait, attempt == 1);
                return;
            } catch (SSLException | ConnectException | SocketTimeoutException | UnknownHostException told) {
                throw told;
            } catch (IOException ended) {
                if (attempt == ATTEMPTS) {
                    throw ended;
                }
            }
        }
    }

    private static void greet(SSLContext context, InetSocketAddress server, int wait, boolean asking)
            throws IOException {
        try (Socket plain = new Socket()) {
            plain.connect(new InetSocketAddress(server.getHostString(), server.getPort()), wait);
            plain.setSoTimeout(wait);
            try (SSLSocket socket = (SSLSocket)
                    context.getSocketFactory().createSocket(plain, server.getHostString(), server.getPort(), true)) {
                SSLParameters parameters = socket.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                parameters.setProtocols(new String[] {X509Util.TLS_1_3, X509Util.TLS_1_2});
                socket.setSSLParameters(parameters);
                socket.startHandshake();
                // With TLS 1.3 a client hears of its own certificate's refusal only when it reads.
                if (asking) {
                    socket.getOutputStream().write(QUESTION);
                    socket.getOutputStream().flush();
                }
                if (socket.getInputStream().read() < 0) {
                    throw new IOException(server + " ended the connection");
                }
            }
        }
    }

    private static PermanentException refused(InetSocketAddress server, ZooKeeperTls tls, SSLException wrong) {
        return new PermanentException(
                "TLS with ZooKeeper at " + server.getHostString() + ":" + server.getPort() + " failed (" + said(wrong)
                        + "): check that " + ZooKeeperTls.TRUST_KEY + " = " + tls.trust()
                        + " signs the server's certificate, that this names the address in "
                        + "resilver.coordination.connect, that the port is the server's secureClientPort, and that "
                        + ZooKeeperTls.IDENTITY_KEY
                        + tls.identity().map(file -> " = " + file).orElse(", which is not set,")
                        + " is what the server asks for",
                wrong);
    }

    private static SSLContext context(ZooKeeperTls tls) throws PermanentException {
        requireReadable(ZooKeeperTls.TRUST_KEY, tls.trust());
        try {
            TrustManager[] trust = {
                X509Util.createTrustManager(tls.trust().toString(), "", PEM, false, false, true, false, false, true)
            };
            KeyManager[] keys = {};
            if (tls.identity().isPresent()) {
                requireReadable(ZooKeeperTls.IDENTITY_KEY, tls.identity().get());
                keys = new KeyManager[] {
                    X509Util.createKeyManager(tls.identity().get().toString(), "", PEM)
                };
            }
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys, trust, null);
            return context;
        } catch (X509Exception | GeneralSecurityException wrong) {
            throw new PermanentException(
                    "TLS to ZooKeeper cannot be set up from " + ZooKeeperTls.TRUST_KEY + " = " + tls.trust()
                            + tls.identity()
                                    .map(file -> " and " + ZooKeeperTls.IDENTITY_KEY + " = " + file)
                                    .orElse("")
                            + " (" + said(wrong)
                            + "): they must be PEM, the second with certificate and PKCS#8 key without a password",
                    wrong);
        }
    }

    private static void requireReadable(String key, Path file) throws PermanentException {
        try (InputStream in = Files.newInputStream(file)) {
            if (in.read() < 0) {
                throw new PermanentException(key + " = " + file + " is empty");
            }
        } catch (IOException gone) {
            throw new PermanentException(key + " = " + file + " cannot be read (" + gone + ")", gone);
        }
    }

    private static String said(Throwable error) {
        Throwable root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    }
}
