package io.resilver.transport.tls;

import io.netty.channel.Channel;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.handler.ssl.SslProvider;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.error.UntrustedException;
import io.resilver.spi.model.HostId;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Collection;
import java.util.HexFormat;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This host's side of mutual TLS. Connections that are open keep what they were made with; new ones use what {@link #reload}
 * last brought into force. Thread safe.
 */
public final class Tls {
    private static final Logger LOG = LoggerFactory.getLogger(Tls.class);

    private static final String[] PROTOCOLS = {"TLSv1.3"};

    private final TlsFiles files;
    private final HostId self;
    private volatile InForce inForce;

    private record InForce(SslContext server, SslContext client, String digest) {}

    private Tls(TlsFiles files, HostId self, InForce inForce) {
        this.files = files;
        this.self = self;
        this.inForce = inForce;
    }

    /**
     * Reads the files. Blocks.
     *
     * @param files where they are
     * @param self this host, which the certificate must name
     * @return TLS in force
     * @throws PermanentException naming file, key and what is wrong
     */
    public static Tls open(TlsFiles files, HostId self) throws PermanentException {
        return new Tls(files, self, read(files, self));
    }

    /**
     * Reads the files again when their content has changed. What cannot be read leaves everything as it was, and is logged:
     * files are often replaced one after the other. Blocks.
     *
     * @return whether something else is in force now
     */
    public boolean reload() {
        try {
            if (digest(files).equals(inForce.digest())) {
                return false;
            }
            inForce = read(files, self);
            LOG.atInfo()
                    .addKeyValue("host", self)
                    .addKeyValue("certificate", files.certificate())
                    .log("TLS certificates were read again");
            return true;
        } catch (PermanentException wrong) {
            LOG.atWarn()
                    .addKeyValue("host", self)
                    .addKeyValue("why", wrong.getMessage())
                    .log("TLS certificates cannot be read again, the old ones stay in force");
            return false;
        }
    }

    /**
     * The handler that goes before everything else on a connection.
     *
     * @param channel the connection
     * @param dialled whether this end dialled
     * @param patience how long the handshake may take
     * @return a new handler
     */
    public SslHandler handler(Channel channel, boolean dialled, Duration patience) {
        SslContext context = dialled ? inForce.client() : inForce.server();
        SslHandler handler = context.newHandler(channel.alloc());
        handler.setHandshakeTimeoutMillis(patience.toMillis());
        return handler;
    }

    /**
     * Checks that the other end is the host that it says it is.
     *
     * @param handler of the connection, after its handshake
     * @param said the host id of its hello
     * @throws UntrustedException when its certificate names another
     */
    public static void check(SslHandler handler, HostId said) throws UntrustedException {
        try {
            Certificate[] chain = handler.engine().getSession().getPeerCertificates();
            if (chain.length > 0
                    && chain[0] instanceof X509Certificate certificate
                    && HostNames.names(certificate, said)) {
                return;
            }
            throw new UntrustedException("the other end says that it is host " + said + ", and its certificate names "
                    + (chain.length > 0 && chain[0] instanceof X509Certificate certificate
                            ? HostNames.of(certificate)
                            : "nobody")
                    + ": give each host a certificate with its own host id as DNS name, or as URI resilver:<host id>");
        } catch (SSLPeerUnverifiedException nobody) {
            throw new UntrustedException("the other end says that it is host " + said + " and showed no certificate");
        }
    }

    /**
     * What a handshake that failed, or a record that cannot be read, means for those who use the connection.
     *
     * @param peer names the other end
     * @param cause what TLS said
     * @return retriable when the other end was only gone or slow; an {@link UntrustedException} when one of the two does not trust the
     *     other
     */
    public static RecoveryException failed(String peer, Throwable cause) {
        for (Throwable each = cause; each != null; each = each.getCause()) {
            if (each instanceof ClosedChannelException || each instanceof SslHandshakeTimeoutException) {
                return new RetriableException(
                        "TLS with " + peer + " was cut off: " + cause.getMessage(), Duration.ZERO, cause);
            }
        }
        return new UntrustedException(
                "TLS with " + peer + " failed (" + said(cause) + "): check on both hosts that "
                        + TlsFiles.CERTIFICATE_KEY + " is valid and signed by an authority in the other's "
                        + TlsFiles.TRUST_KEY + ", or that both use TLS",
                cause);
    }

    private static InForce read(TlsFiles files, HostId self) throws PermanentException {
        String digest = digest(files);
        OwnKey.require(requireNamed(files, self), files);
        try {
            return new InForce(
                    SslContextBuilder.forServer(
                                    files.certificate().toFile(), files.key().toFile())
                            .sslProvider(SslProvider.JDK)
                            .protocols(PROTOCOLS)
                            .trustManager(files.trust().toFile())
                            .clientAuth(ClientAuth.REQUIRE)
                            .build(),
                    SslContextBuilder.forClient()
                            .sslProvider(SslProvider.JDK)
                            .protocols(PROTOCOLS)
                            .keyManager(
                                    files.certificate().toFile(), files.key().toFile())
                            .trustManager(files.trust().toFile())
                            .build(),
                    digest);
        } catch (SSLException | IllegalArgumentException wrong) {
            throw new PermanentException(
                    "TLS cannot be set up from " + TlsFiles.CERTIFICATE_KEY + " = " + files.certificate() + ", "
                            + TlsFiles.KEY_KEY + " = " + files.key() + " and " + TlsFiles.TRUST_KEY + " = "
                            + files.trust() + " (" + said(wrong)
                            + "): they must be PEM, the key PKCS#8 without a password",
                    wrong);
        }
    }

    private static X509Certificate requireNamed(TlsFiles files, HostId self) throws PermanentException {
        X509Certificate own = first(files.certificate());
        if (!HostNames.names(own, self)) {
            throw new PermanentException(TlsFiles.CERTIFICATE_KEY + " = " + files.certificate() + " names "
                    + HostNames.of(own) + " and not this host, " + self
                    + ": other hosts would refuse it. Give it the host id as DNS name, or as URI resilver:<host id>");
        }
        return own;
    }

    private static X509Certificate first(Path file) throws PermanentException {
        try (var in = Files.newInputStream(file)) {
            Collection<? extends Certificate> found =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (found.isEmpty() || !(found.iterator().next() instanceof X509Certificate first)) {
                throw new PermanentException(TlsFiles.CERTIFICATE_KEY + " = " + file + " holds no certificate");
            }
            return first;
        } catch (IOException | CertificateException wrong) {
            throw new PermanentException(
                    TlsFiles.CERTIFICATE_KEY + " = " + file + " is no PEM certificate (" + said(wrong) + ")", wrong);
        }
    }

    private static String digest(TlsFiles files) throws PermanentException {
        MessageDigest digest = sha256();
        read(TlsFiles.CERTIFICATE_KEY, files.certificate(), digest);
        read(TlsFiles.KEY_KEY, files.key(), digest);
        read(TlsFiles.TRUST_KEY, files.trust(), digest);
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void read(String key, Path file, MessageDigest digest) throws PermanentException {
        try {
            digest.update(Files.readAllBytes(file));
            digest.update((byte) 0);
        } catch (IOException gone) {
            throw new PermanentException(
                    key + " = " + file + " cannot be read ("
                            + (gone instanceof NoSuchFileException ? "there is no such file" : said(gone)) + ")",
                    gone);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
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
