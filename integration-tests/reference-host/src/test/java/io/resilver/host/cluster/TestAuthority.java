package io.resilver.host.cluster;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.resilver.transport.tls.TlsFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Signs certificates for tests with the JDK's own keytool, and writes them as the PEM files that a host is given. Asked again
 * for the same, it gives the same: the tool is slow.
 */
final class TestAuthority {
    private static final String PASSWORD = "changeit";
    private static final int PATIENCE_SECONDS = 60;

    private final Path directory;
    private final Path store;
    private final Path certificate;
    private final Map<List<String>, TlsFiles> given = new HashMap<>();

    /** A new authority, in a directory of its own. */
    TestAuthority(Path parent, String name) throws Exception {
        directory = Files.createDirectories(parent.resolve(name));
        store = directory.resolve("authority.p12");
        certificate = directory.resolve("authority.pem");
        keytool(store, "-genkeypair", "-alias", "ca", "-keyalg", "EC", "-dname", "CN=" + name, "-ext", "bc:c");
        keytool(store, "-exportcert", "-rfc", "-alias", "ca", "-file", certificate.toString());
    }

    /** The files of a host whose certificate has these alternative names, as keytool writes them: {@code dns:…, uri:…}. */
    TlsFiles host(String name, String... names) throws Exception {
        List<String> asked = new ArrayList<>(List.of(names));
        asked.add(0, name);
        TlsFiles known = given.get(asked);
        if (known == null) {
            known = sign(name + "-" + given.size(), names);
            given.put(asked, known);
        }
        return known;
    }

    private TlsFiles sign(String file, String... names) throws Exception {
        Path own = directory.resolve(file + ".p12");
        Path request = directory.resolve(file + ".csr");
        Path signed = directory.resolve(file + ".crt");
        Path pem = directory.resolve(file + ".pem");
        Path key = directory.resolve(file + ".key");
        Files.deleteIfExists(own);
        keytool(own, "-genkeypair", "-alias", "host", "-keyalg", "EC", "-dname", "CN=" + file);
        keytool(own, "-certreq", "-alias", "host", "-file", request.toString());
        List<String> sign = new ArrayList<>(List.of(
                "-gencert", "-rfc", "-alias", "ca", "-infile", request.toString(), "-outfile", signed.toString()));
        if (names.length > 0) {
            sign.add("-ext");
            sign.add("san=" + String.join(",", names));
        }
        keytool(store, sign.toArray(String[]::new));
        Files.writeString(pem, Files.readString(signed) + Files.readString(certificate));
        Files.writeString(key, key(own));
        return new TlsFiles(pem, key, certificate);
    }

    /** The same in one file, as ZooKeeper's client and server want it. */
    Path joined(String file, String... names) throws Exception {
        TlsFiles apart = host(file, names);
        return Files.writeString(
                apart.certificate().resolveSibling(apart.certificate().getFileName() + ".joined"),
                Files.readString(apart.certificate()) + Files.readString(apart.key()));
    }

    /** The authority's own certificate. */
    Path certificate() {
        return certificate;
    }

    private static String key(Path own) throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(own)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        byte[] encoded = keys.getKey("host", PASSWORD.toCharArray()).getEncoded();
        return "-----BEGIN PRIVATE KEY-----\n"
                + Base64.getMimeEncoder(64, "\n".getBytes(US_ASCII)).encodeToString(encoded)
                + "\n-----END PRIVATE KEY-----\n";
    }

    private static void keytool(Path keystore, String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(arguments));
        command.addAll(List.of(
                "-keystore", keystore.toString(), "-storetype", "PKCS12", "-storepass", PASSWORD, "-validity", "30"));
        if (!List.of(arguments).contains("-genkeypair") && !List.of(arguments).contains("-gencert")) {
            command.removeAll(List.of("-validity", "30"));
        }
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), US_ASCII);
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IOException(command + " failed: " + said);
        }
    }
}
