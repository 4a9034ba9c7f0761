package io.resilver.transport.tls;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import javax.security.auth.x500.X500Principal;

/**
 * Signs certificates for tests, and writes them as the PEM files that a host is given. The JDK has no interface that makes a
 * certificate, and its keytool takes a process for each step: this writes the few fields of one itself (RFC 5280).
 */
public final class TestAuthority {
    private static final int BOOLEAN = 0x01;
    private static final int INTEGER = 0x02;
    private static final int BIT_STRING = 0x03;
    private static final int OCTET_STRING = 0x04;
    private static final int OBJECT_ID = 0x06;
    private static final int UTC_TIME = 0x17;
    private static final int SEQUENCE = 0x30;
    /** A field with a number of its own, which holds another value. */
    private static final int EXPLICIT = 0xA0;
    /** A field with a number of its own, which replaces the value's kind. */
    private static final int IMPLICIT = 0x80;

    private static final byte[] ECDSA_WITH_SHA256 = {0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 0x04, 0x03, 0x02};
    private static final byte[] BASIC_CONSTRAINTS = {0x55, 0x1D, 0x13};
    private static final byte[] ALTERNATIVE_NAMES = {0x55, 0x1D, 0x11};
    private static final byte[] TRUE = {(byte) 0xFF};
    private static final byte[] VERSION_3 = {2};

    private static final Duration VALIDITY = Duration.ofDays(30);
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

    private final Path directory;
    private final X500Principal name;
    private final KeyPair keys = keys();
    private final Path certificate;
    private int signed;

    /** A new authority, in a directory of its own. */
    public TestAuthority(Path parent, String name) throws IOException, GeneralSecurityException {
        this.directory = Files.createDirectories(parent.resolve(name));
        this.name = new X500Principal("CN=" + name);
        byte[] signs = extension(BASIC_CONSTRAINTS, true, der(SEQUENCE, der(BOOLEAN, TRUE)));
        this.certificate = Files.writeString(
                directory.resolve("authority.pem"), pem("CERTIFICATE", sign(this.name, keys.getPublic(), signs)));
    }

    /** The authority's own certificate. */
    public Path certificate() {
        return certificate;
    }

    /**
     * The files of a new certificate, which no other call writes.
     *
     * @param names the alternative names, none or more: {@code dns:…, uri:…, ip:…}
     */
    public TlsFiles host(String commonName, String... names) throws IOException, GeneralSecurityException {
        KeyPair own = keys();
        byte[] extensions = names.length == 0
                ? new byte[0]
                : extension(ALTERNATIVE_NAMES, false, der(SEQUENCE, alternativeNames(names)));
        byte[] encoded = sign(new X500Principal("CN=" + commonName), own.getPublic(), extensions);
        String file = commonName + "-" + signed;
        return new TlsFiles(
                Files.writeString(
                        directory.resolve(file + ".pem"), pem("CERTIFICATE", encoded) + Files.readString(certificate)),
                Files.writeString(
                        directory.resolve(file + ".key"),
                        pem("PRIVATE KEY", own.getPrivate().getEncoded())),
                certificate);
    }

    /** The same in one file, as ZooKeeper's client and server want it. */
    public Path joined(String commonName, String... names) throws IOException, GeneralSecurityException {
        TlsFiles apart = host(commonName, names);
        return Files.writeString(
                apart.certificate().resolveSibling(apart.certificate().getFileName() + ".joined"),
                Files.readString(apart.certificate()) + Files.readString(apart.key()));
    }

    private byte[] sign(X500Principal subject, PublicKey key, byte[] extensions) throws GeneralSecurityException {
        Instant now = Instant.now();
        signed++;
        byte[] algorithm = der(SEQUENCE, der(OBJECT_ID, ECDSA_WITH_SHA256));
        byte[] toBeSigned = der(
                SEQUENCE,
                der(EXPLICIT, der(INTEGER, VERSION_3)),
                der(INTEGER, BigInteger.valueOf(signed).toByteArray()),
                algorithm,
                name.getEncoded(),
                der(SEQUENCE, time(now.minus(VALIDITY)), time(now.plus(VALIDITY))),
                subject.getEncoded(),
                key.getEncoded(),
                extensions.length == 0 ? extensions : der(EXPLICIT + 3, der(SEQUENCE, extensions)));
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(keys.getPrivate());
        signature.update(toBeSigned);
        return der(SEQUENCE, toBeSigned, algorithm, der(BIT_STRING, new byte[1], signature.sign()));
    }

    private static byte[] alternativeNames(String... names) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (String each : names) {
            String kind = each.substring(0, each.indexOf(':'));
            String value = each.substring(kind.length() + 1);
            all.writeBytes(
                    switch (kind) {
                        case "dns" -> der(IMPLICIT + 2, value.getBytes(US_ASCII));
                        case "uri" -> der(IMPLICIT + 6, value.getBytes(US_ASCII));
                        case "ip" ->
                            der(IMPLICIT + 7, InetAddress.getByName(value).getAddress());
                        default -> throw new IllegalArgumentException(each);
                    });
        }
        return all.toByteArray();
    }

    private static byte[] extension(byte[] id, boolean critical, byte[] value) {
        return der(SEQUENCE, der(OBJECT_ID, id), critical ? der(BOOLEAN, TRUE) : new byte[0], der(OCTET_STRING, value));
    }

    private static byte[] time(Instant when) {
        return der(UTC_TIME, TIME.format(when).getBytes(US_ASCII));
    }

    /** One value: its kind, its length in the shortest form, and its parts. */
    private static byte[] der(int kind, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] each : parts) {
            content.writeBytes(each);
        }
        ByteArrayOutputStream value = new ByteArrayOutputStream();
        value.write(kind);
        int length = content.size();
        if (length >= 0x100) {
            value.write(0x82);
            value.write(length >> 8);
        } else if (length >= 0x80) {
            value.write(0x81);
        }
        value.write(length);
        value.writeBytes(content.toByteArray());
        return value.toByteArray();
    }

    private static KeyPair keys() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private static String pem(String kind, byte[] encoded) {
        String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded);
        return "-----BEGIN " + kind + "-----\n" + lines + "\n-----END " + kind + "-----\n";
    }
}
