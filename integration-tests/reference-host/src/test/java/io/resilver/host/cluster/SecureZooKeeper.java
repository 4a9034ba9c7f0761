package io.resilver.host.cluster;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.zookeeper.server.embedded.ExitHandler;
import org.apache.zookeeper.server.embedded.ZooKeeperServerEmbedded;

/**
 * A real server with a plain port and one for TLS, on loopback. A server takes its TLS from system properties for as long as it
 * runs, which a client of ours must not notice; they are put back when it is closed.
 */
final class SecureZooKeeper implements AutoCloseable {
    private static final long START_MILLIS = 30_000;
    private static final String PROPERTIES = "zookeeper.";

    private final Map<String, String> before = properties();
    private final ZooKeeperServerEmbedded server;
    private final int securePort;

    /** Serves with a certificate and key, to whoever shows a certificate that an authority signed. */
    SecureZooKeeper(Path directory, int securePort, Path identity, Path trust) throws Exception {
        this.securePort = securePort;
        Properties all = new Properties();
        all.setProperty(
                "dataDir", Files.createDirectories(directory).resolve("data").toString());
        all.setProperty("clientPortAddress", "127.0.0.1");
        all.setProperty("clientPort", "0");
        all.setProperty("secureClientPortAddress", "127.0.0.1");
        all.setProperty("secureClientPort", Integer.toString(securePort));
        all.setProperty("tickTime", "500");
        all.setProperty("admin.enableServer", "false");
        all.setProperty("serverCnxnFactory", "org.apache.zookeeper.server.NettyServerCnxnFactory");
        all.setProperty("ssl.keyStore.location", identity.toString());
        all.setProperty("ssl.keyStore.type", "PEM");
        all.setProperty("ssl.trustStore.location", trust.toString());
        all.setProperty("ssl.trustStore.type", "PEM");
        all.setProperty("ssl.clientHostnameVerification", "false");
        server = ZooKeeperServerEmbedded.builder()
                .baseDir(directory)
                .configuration(all)
                .exitHandler(ExitHandler.LOG_ONLY)
                .build();
        server.start(START_MILLIS);
    }

    String secure() {
        return "127.0.0.1:" + securePort;
    }

    String plain() throws Exception {
        return "127.0.0.1:" + server.getClientPort();
    }

    @Override
    public void close() {
        server.close();
        properties().keySet().stream().filter(name -> !before.containsKey(name)).forEach(System::clearProperty);
        before.forEach(System::setProperty);
    }

    private static Map<String, String> properties() {
        Map<String, String> found = new HashMap<>();
        System.getProperties().stringPropertyNames().stream()
                .filter(name -> name.startsWith(PROPERTIES))
                .forEach(name -> found.put(
                        name, Optional.ofNullable(System.getProperty(name)).orElse("")));
        return found;
    }
}
