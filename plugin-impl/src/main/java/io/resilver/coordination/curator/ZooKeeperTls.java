package io.resilver.coordination.curator;

import java.nio.file.Path;
import java.util.Optional;

/**
 * TLS to the servers, of one client alone: no system property says or changes anything about it. ZooKeeper's client reads
 * the files again for every connection that it makes, so that changed ones hold from the next connection on.
 *
 * @param trust the authorities that sign the servers, PEM
 * @param identity what this client shows when a server asks for it: certificate, those that lead to its authority, and
 *     private key, PKCS#8 without a password, in one PEM file
 */
public record ZooKeeperTls(Path trust, Optional<Path> identity) {
    /** The key that names the trusted authorities, for messages. */
    public static final String TRUST_KEY = "resilver.coordination.tls-trust-file";

    /** The key that names certificate and private key, for messages. */
    public static final String IDENTITY_KEY = "resilver.coordination.tls-identity-file";
}
