package io.resilver.transport.tls;

import java.nio.file.Path;

/**
 * Where a host's identity is, as PEM files.
 *
 * @param certificate this host's certificate, and after it those that lead to the authority
 * @param key its private key, PKCS#8, not encrypted: protect the file
 * @param trust the authorities that hosts of this cluster are signed by
 */
public record TlsFiles(Path certificate, Path key, Path trust) {
    /** The key that names the certificate, for messages. */
    public static final String CERTIFICATE_KEY = "resilver.transport.tls-certificate-file";

    /** The key that names the private key, for messages. */
    public static final String KEY_KEY = "resilver.transport.tls-key-file";

    /** The key that names the trusted authorities, for messages. */
    public static final String TRUST_KEY = "resilver.transport.tls-trust-file";
}
