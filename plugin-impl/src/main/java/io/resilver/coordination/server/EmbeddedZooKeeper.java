package io.resilver.coordination.server;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Properties;
import org.apache.zookeeper.server.DatadirCleanupManager;
import org.apache.zookeeper.server.ZKDatabase;
import org.apache.zookeeper.server.embedded.ExitHandler;
import org.apache.zookeeper.server.embedded.ZooKeeperServerEmbedded;
import org.apache.zookeeper.server.persistence.FileTxnSnapLog;

/**
 * A ZooKeeper server in this process, on the loopback address: the real server from ZooKeeper's own jar. Its data is
 * durable in its directory. Thread safe.
 */
public final class EmbeddedZooKeeper implements AutoCloseable {
    /** Snapshots, with the logs that they need, that stay; ZooKeeper's least. It bounds the directory. */
    private static final int SNAPSHOTS_KEPT = 3;

    private static final int HOURS_BETWEEN_PURGES = 1;

    private static final String LOOPBACK = "127.0.0.1";
    private static final String PROPERTIES = "zookeeper.";
    private static final Object STARTING = new Object();

    private final ZooKeeperServerEmbedded server;
    private final DatadirCleanupManager purge;

    private EmbeddedZooKeeper(ZooKeeperServerEmbedded server, DatadirCleanupManager purge) {
        this.server = server;
        this.purge = purge;
    }

    /**
     * How to start a server.
     *
     * @param directory where its data goes; made when it is not there; it belongs to this server alone
     * @param port a fixed client port, or empty for any free one
     * @param tick the server's tick: sessions expire in steps of it, and may be asked for from 2 to 20 ticks
     * @param startTimeout how long starting may take
     */
    public record Settings(Path directory, OptionalInt port, Duration tick, Duration startTimeout) {}

    /**
     * Starts a server. Blocks until it serves clients, or the start timeout.
     *
     * @param settings how
     * @return the running server
     * @throws PermanentException when it did not start, naming directory, port and cause: nothing is left running
     */
    public static EmbeddedZooKeeper start(Settings settings) throws RecoveryException {
        probe(settings);
        // ZooKeeper's own parser passes some keys on as system properties, and reads them while it starts. So there is
        // one start at a time, and each puts back what it found.
        synchronized (STARTING) {
            Map<String, String> before = properties();
            try {
                return launch(settings);
            } finally {
                restore(before);
            }
        }
    }

    private static EmbeddedZooKeeper launch(Settings settings) throws RecoveryException {
        ZooKeeperServerEmbedded server = null;
        boolean serves = false;
        try {
            Files.createDirectories(settings.directory());
            removeGenerated(settings.directory());
            load(settings);
            server = ZooKeeperServerEmbedded.builder()
                    .baseDir(settings.directory())
                    .configuration(configuration(settings))
                    .exitHandler(ExitHandler.LOG_ONLY)
                    .build();
            server.start(settings.startTimeout().toMillis());
            serves = true;
            // not by the server's own configuration: it would leave its thread behind when it is closed
            File data = data(settings).toFile();
            DatadirCleanupManager purge = new DatadirCleanupManager(data, data, SNAPSHOTS_KEPT, HOURS_BETWEEN_PURGES);
            purge.start();
            return new EmbeddedZooKeeper(server, purge);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw failed(settings, stopped);
        } catch (Exception | LinkageError cause) {
            throw failed(settings, cause);
        } finally {
            if (!serves && server != null) {
                server.close();
            }
        }
    }

    /**
     * Where clients connect.
     *
     * @return {@code address:port}
     */
    public String connectString() {
        return LOOPBACK + ":" + server.getClientPort();
    }

    /** Ends the server and its threads; its data stays. Blocks until they have ended. Idempotent. */
    @Override
    public void close() {
        purge.shutdown();
        server.close();
    }

    private static Properties configuration(Settings settings) {
        Properties all = new Properties();
        all.setProperty("dataDir", data(settings).toString());
        all.setProperty("clientPortAddress", LOOPBACK);
        all.setProperty("clientPort", Integer.toString(settings.port().orElse(0)));
        all.setProperty("tickTime", Long.toString(settings.tick().toMillis()));
        all.setProperty("admin.enableServer", "false");
        return all;
    }

    private static Path data(Settings settings) {
        return settings.directory().resolve("data");
    }

    /**
     * Loads the data once, as the server is about to. A server that cannot load its own never gives up: when its time to
     * start is over it waits, without end, for threads that nobody stops.
     */
    private static void load(Settings settings) throws IOException {
        File data = data(settings).toFile();
        ZKDatabase database = new ZKDatabase(new FileTxnSnapLog(data, data));
        try {
            database.loadDataBase();
        } finally {
            database.close();
        }
    }

    /** A port in use would only show as a start that never ends: ask for it first. */
    private static void probe(Settings settings) throws RecoveryException {
        if (settings.port().isEmpty()) {
            return;
        }
        int port = settings.port().getAsInt();
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port));
        } catch (IOException | IllegalArgumentException taken) {
            throw new PermanentException(
                    "the embedded ZooKeeper cannot have port " + port + " of " + LOOPBACK + " (" + taken.getMessage()
                            + "): choose another, or let it choose",
                    taken);
        }
    }

    /** ZooKeeper writes its configuration beside its data at every start and never removes it. */
    private static void removeGenerated(Path directory) throws IOException {
        try (DirectoryStream<Path> old = Files.newDirectoryStream(directory, "zookeeper.configuration*.properties")) {
            for (Path each : old) {
                Files.delete(each);
            }
        }
    }

    private static PermanentException failed(Settings settings, Throwable cause) {
        return new PermanentException(
                "the embedded ZooKeeper in " + settings.directory() + " did not start (" + cause + "; it had "
                        + settings.startTimeout().toMillis() + " ms): check that the directory can be written and is no"
                        + " other server's, that its data is whole, and that the jars of snappy-java and metrics-core"
                        + " are on the class path",
                cause);
    }

    private static Map<String, String> properties() {
        Map<String, String> found = new HashMap<>();
        System.getProperties().stringPropertyNames().stream()
                .filter(name -> name.startsWith(PROPERTIES))
                .forEach(name -> found.put(
                        name, Optional.ofNullable(System.getProperty(name)).orElse("")));
        return found;
    }

    private static void restore(Map<String, String> before) {
        properties().keySet().stream().filter(name -> !before.containsKey(name)).forEach(System::clearProperty);
        before.forEach(System::setProperty);
    }
}
