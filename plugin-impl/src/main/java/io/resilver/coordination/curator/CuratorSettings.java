package io.resilver.coordination.curator;

import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.zookeeper.client.ConnectStringParser;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;

/**
 * How to reach an ensemble.
 *
 * @param connectString {@code host:port,…} of its servers
 * @param namespace the path, without its first slash, under which everything is; it belongs to one cluster of hosts
 * @param sessionTimeout what to ask for
 * @param connectionTimeout how long opening waits for a server
 * @param identity who this client is; without one, nodes are open to everybody
 * @param tls how to speak TLS with the servers; without it, nothing is encrypted
 */
public record CuratorSettings(
        String connectString,
        String namespace,
        Duration sessionTimeout,
        Duration connectionTimeout,
        Optional<Identity> identity,
        Optional<ZooKeeperTls> tls) {
    private static final Pattern NAMESPACE =
            Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}(/[A-Za-z0-9][A-Za-z0-9._-]{0,127}){0,7}");

    /**
     * Checks what can be checked without a server.
     *
     * @throws IllegalArgumentException naming what is not right
     */
    public CuratorSettings {
        if (connectString.isBlank()) {
            throw new IllegalArgumentException("the connect string is empty: use host:port,…");
        }
        try {
            new ConnectStringParser(connectString);
        } catch (IllegalArgumentException e) {
            // The client itself would go on without servers, and say after the whole wait that none answered.
            throw new IllegalArgumentException(
                    "connect string '" + connectString + "' is not allowed (" + e.getMessage() + "): use host:port,…",
                    e);
        }
        if (!NAMESPACE.matcher(namespace).matches()) {
            throw new IllegalArgumentException("namespace '" + namespace
                    + "' is not allowed: use up to 8 names of letters, digits, '.', '_' or '-', with '/' between");
        }
        if (sessionTimeout.toMillis() < 1 || connectionTimeout.toMillis() < 1) {
            throw new IllegalArgumentException("session timeout " + sessionTimeout + " and connection timeout "
                    + connectionTimeout + " must be a millisecond or more");
        }
    }

    /**
     * The same without TLS.
     *
     * @param connectString {@code host:port,…} of its servers
     * @param namespace the path, without its first slash, under which everything is
     * @param sessionTimeout what to ask for
     * @param connectionTimeout how long opening waits for a server
     * @param identity who this client is
     */
    public CuratorSettings(
            String connectString,
            String namespace,
            Duration sessionTimeout,
            Duration connectionTimeout,
            Optional<Identity> identity) {
        this(connectString, namespace, sessionTimeout, connectionTimeout, identity, Optional.empty());
    }

    /** A name and proof of it, in one of ZooKeeper's schemes. Every node is created for this identity alone (R43). */
    public static final class Identity {
        /** The key that names the user, for messages. */
        public static final String USER_KEY = "resilver.coordination.user";

        /** The key that names the file with the password, for messages. */
        public static final String PASSWORD_KEY = "resilver.coordination.password-file";

        private static final String DIGEST = "digest";

        private final String scheme;
        private final byte[] proof;

        /**
         * An identity.
         *
         * @param scheme ZooKeeper's name of the scheme, for example {@code digest}
         * @param proof what the scheme asks for, for example {@code user:password}
         */
        public Identity(String scheme, byte[] proof) {
            this.scheme = scheme;
            this.proof = Arrays.copyOf(proof, proof.length);
        }

        String scheme() {
            return scheme;
        }

        /**
         * What the server calls this identity in access lists.
         *
         * @return scheme and id, or empty where only the server knows
         */
        Optional<Id> name() {
            if (!scheme.equals(DIGEST)) {
                return Optional.empty();
            }
            try {
                String text = new String(proof, StandardCharsets.UTF_8);
                return Optional.of(new Id(DIGEST, DigestAuthenticationProvider.generateDigest(text)));
            } catch (NoSuchAlgorithmException missing) {
                throw new IllegalStateException("this Java cannot compute ZooKeeper's digests", missing);
            }
        }

        byte[] proof() {
            return Arrays.copyOf(proof, proof.length);
        }

        @Override
        public String toString() {
            return scheme + ":***";
        }
    }
}
