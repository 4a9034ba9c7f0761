package io.resilver.coordination;

import io.resilver.coordination.curator.CuratorSettings;
import io.resilver.coordination.curator.CuratorStore;
import io.resilver.transport.FreePorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.zookeeper.server.embedded.ExitHandler;
import org.apache.zookeeper.server.embedded.ZooKeeperServerEmbedded;

/** A real ensemble of three servers, each of which can be ended and started again on its data. */
public final class ThreeServers implements AutoCloseable {
    /** Long enough for an election on a busy machine within a session. */
    public static final Duration SESSION = Duration.ofSeconds(20);

    private static final int SERVERS = 3;
    private static final int PORTS = 3;
    private static final String TICK_MS = "1000";
    /** Also how long a request without a quorum waits for its answer: well below what a test waits. */
    private static final Duration CONNECT = Duration.ofSeconds(15);

    private static final Duration START = Duration.ofSeconds(60);

    private final Path directory;
    private final List<int[]> ports = new ArrayList<>();
    private final TreeMap<Integer, ZooKeeperServerEmbedded> running = new TreeMap<>();

    public ThreeServers(Path directory) throws Exception {
        this.directory = directory;
        for (int server = 0; server < SERVERS; server++) {
            int[] three = new int[PORTS];
            for (int i = 0; i < PORTS; i++) {
                three[i] = FreePorts.next();
            }
            ports.add(three);
        }
        start(List.of(0, 1, 2));
    }

    /** Starts servers together, since none serves without a quorum. */
    public void start(List<Integer> servers) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(SERVERS);
        try {
            List<Future<ZooKeeperServerEmbedded>> starting = new ArrayList<>();
            for (int server : servers) {
                starting.add(threads.submit(() -> launch(server)));
            }
            for (int i = 0; i < servers.size(); i++) {
                running.put(servers.get(i), starting.get(i).get());
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private ZooKeeperServerEmbedded launch(int server) throws Exception {
        Path base = directory.resolve("server-" + server);
        Path data = base.resolve("data");
        Files.createDirectories(data);
        Files.writeString(data.resolve("myid"), Integer.toString(server + 1));
        Properties all = new Properties();
        all.setProperty("dataDir", data.toString());
        all.setProperty("clientPortAddress", "127.0.0.1");
        all.setProperty("clientPort", Integer.toString(ports.get(server)[0]));
        all.setProperty("tickTime", TICK_MS);
        all.setProperty("initLimit", "20");
        all.setProperty("syncLimit", "5");
        all.setProperty("admin.enableServer", "false");
        for (int each = 0; each < SERVERS; each++) {
            all.setProperty("server." + (each + 1), "127.0.0.1:" + ports.get(each)[1] + ":" + ports.get(each)[2]);
        }
        ZooKeeperServerEmbedded made = ZooKeeperServerEmbedded.builder()
                .baseDir(base)
                .configuration(all)
                .exitHandler(ExitHandler.LOG_ONLY)
                .build();
        made.start(START.toMillis());
        return made;
    }

    /** Ends one server; its data stays. */
    public void stop(int server) {
        running.remove(server).close();
    }

    /** The servers that run. */
    public List<Integer> running() {
        return List.copyOf(running.keySet());
    }

    public String connectString() {
        return ports.stream().map(three -> "127.0.0.1:" + three[0]).collect(Collectors.joining(","));
    }

    public CuratorStore client(String namespace) throws Exception {
        return CuratorStore.open(new CuratorSettings(connectString(), namespace, SESSION, CONNECT, Optional.empty()));
    }

    @Override
    public void close() throws IOException {
        running().forEach(this::stop);
    }
}
