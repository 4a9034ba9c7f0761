package io.resilver.transport.tls;

import io.resilver.spi.error.PermanentException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.stream.Collectors;

/**
 * Whether a key belongs to a certificate. Files are replaced one after the other, and nothing else tells before the first
 * handshake fails.
 */
final class OwnKey {
    private static final byte[] NONCE = "resilver".getBytes(StandardCharsets.US_ASCII);

    private OwnKey() {}

    /**
     * Signs with the key and checks with the certificate.
     *
     * @throws PermanentException naming both files when they do not belong together, or the key cannot be used
     */
    static void require(X509Certificate own, TlsFiles files) throws PermanentException {
        String algorithm = own.getPublicKey().getAlgorithm();
        boolean fits;
        try {
            PrivateKey key =
                    KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(decoded(files.key())));
            Signature signature = Signature.getInstance(signatureOf(algorithm));
            signature.initSign(key);
            signature.update(NONCE);
            byte[] signed = signature.sign();
            signature.initVerify(own);
            signature.update(NONCE);
            fits = signature.verify(signed);
        } catch (GeneralSecurityException | IOException | IllegalArgumentException unusable) {
            throw new PermanentException(
                    TlsFiles.KEY_KEY + " = " + files.key() + " is not the key of " + TlsFiles.CERTIFICATE_KEY + " = "
                            + files.certificate() + ", which is of kind " + algorithm + ", or cannot be read ("
                            + unusable.getClass().getSimpleName() + "): it must be PEM, PKCS#8 without a password",
                    unusable);
        }
        if (!fits) {
            throw new PermanentException(TlsFiles.KEY_KEY + " = " + files.key() + " is not the key of "
                    + TlsFiles.CERTIFICATE_KEY + " = " + files.certificate() + ": replace both");
        }
    }

    private static String signatureOf(String algorithm) {
        return switch (algorithm) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> algorithm;
        };
    }

    /** The first key of a PEM file. */
    private static byte[] decoded(Path file) throws IOException {
        String base64 = Files.readAllLines(file, StandardCharsets.US_ASCII).stream()
                .dropWhile(line -> !line.startsWith("-----BEGIN"))
                .skip(1)
                .takeWhile(line -> !line.startsWith("-----END"))
                .collect(Collectors.joining());
        return Base64.getMimeDecoder().decode(base64);
    }
}
