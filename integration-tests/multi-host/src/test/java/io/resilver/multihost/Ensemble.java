package io.resilver.multihost;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import io.resilver.transport.FreePorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Three ZooKeeper servers, each a process of its own that is killed as kill -9 does and started again on its data. */
final class Ensemble implements AutoCloseable {
    static final List<Integer> ALL = List.of(1, 2, 3);

    private final Path directory;
    private final Map<Integer, int[]> ports = new TreeMap<>();
    private final Map<Integer, Process> running = new TreeMap<>();

    /** Three servers that serve. */
    Ensemble(Path directory) throws IOException {
        this.directory = directory;
        for (int server : ALL) {
            ports.put(server, new int[] {FreePorts.next(), FreePorts.next(), FreePorts.next()});
        }
        start(ALL);
    }

    String connectString() {
        return ports.values().stream().map(three -> "127.0.0.1:" + three[0]).collect(Collectors.joining(","));
    }

    /** Starts servers on their data, and waits until they serve. */
    void start(List<Integer> servers) throws IOException {
        for (int server : servers) {
            Path home = Files.createDirectories(home(server));
            Files.createDirectories(data(server));
            Files.writeString(data(server).resolve("myid"), Integer.toString(server));
            Path configuration = home.resolve("zoo.cfg");
            Files.writeString(configuration, configuration(server));
            running.put(
                    server,
                    ChildJvm.start(
                            home,
                            "-XX:+UseSerialGC",
                            "-Xmx96m",
                            "-Dzookeeper.preAllocSize=1024", // KiB: it is copied whole
                            "--class-path",
                            PackagedJars.joined(PackagedJars.pluginClassPathAnd(ownClasses())),
                            EnsembleServer.class.getName(),
                            configuration.toString()));
        }
        await().atMost(Hosts.PATIENCE)
                .until(() -> servers.stream().allMatch(each -> mode(each).isPresent()));
    }

    private static Path ownClasses() {
        try {
            return Path.of(EnsembleServer.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private String configuration(int server) {
        String peers = ports.entrySet().stream()
                .map(each -> "server." + each.getKey() + "=127.0.0.1:" + each.getValue()[1] + ":" + each.getValue()[2])
                .collect(Collectors.joining("\n"));
        return """
                dataDir=%s
                clientPortAddress=127.0.0.1
                clientPort=%d
                tickTime=%d
                initLimit=20
                syncLimit=4
                admin.enableServer=false
                4lw.commands.whitelist=srvr
                %s
                """.formatted(data(server), ports.get(server)[0], Hosts.TICK.toMillis(), peers);
    }

    /** As kill -9 does; whoever is killed has no chance to say so. */
    void kill(List<Integer> servers) {
        List<Process> killed = servers.stream().map(running::remove).toList();
        killed.forEach(Process::destroyForcibly);
        killed.forEach(each -> each.onExit().join());
    }

    /** Waits until one leads, and answers which. */
    int leader() {
        return await().atMost(Hosts.PATIENCE)
                .until(
                        () -> running.keySet().stream()
                                .filter(each -> mode(each).equals(Optional.of("leader")))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    /** One that follows while another leads. */
    int follower() {
        int leader = leader();
        return running.keySet().stream()
                .filter(each -> each != leader)
                .findFirst()
                .orElseThrow();
    }

    /** What a server says that it is, by its own command {@code srvr}; empty while it does not serve. */
    private Optional<String> mode(int server) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), ports.get(server)[0])) {
            socket.setSoTimeout((int) Hosts.SESSION.toMillis());
            socket.getOutputStream().write("srvr".getBytes(UTF_8));
            String answer = new String(socket.getInputStream().readAllBytes(), UTF_8);
            return answer.lines()
                    .filter(line -> line.startsWith("Mode: "))
                    .map(line -> line.substring("Mode: ".length()))
                    .findFirst();
        } catch (IOException notNow) {
            return Optional.empty();
        }
    }

    /** Copies the data of all servers, as it is while they serve. */
    void backUp() throws IOException {
        for (int server : ALL) {
            copy(data(server), backup(server));
        }
    }

    /** Puts back what was copied, in the place of all that came later; no server runs. */
    void restore() throws IOException {
        for (int server : ALL) {
            delete(data(server));
            copy(backup(server), data(server));
        }
    }

    private Path home(int server) {
        return directory.resolve("server-" + server);
    }

    private Path data(int server) {
        return home(server).resolve("data");
    }

    private Path backup(int server) {
        return home(server).resolve("backup");
    }

    private static void copy(Path from, Path to) throws IOException {
        delete(to);
        for (Path each : below(from)) {
            Files.copy(each, to.resolve(from.relativize(each)));
        }
    }

    private static void delete(Path directory) throws IOException {
        if (Files.exists(directory)) {
            List<Path> all = below(directory);
            for (int last :
                    IntStream.range(0, all.size()).map(i -> all.size() - 1 - i).toArray()) {
                Files.delete(all.get(last));
            }
        }
    }

    /** A directory and all that is in it, each after what it lies in. */
    private static List<Path> below(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.toList();
        }
    }

    @Override
    public void close() {
        kill(List.copyOf(running.keySet()));
    }
}
