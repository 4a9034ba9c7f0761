package io.resilver.bench.takeover;

import io.resilver.bench.process.Children;
import io.resilver.bench.process.Poll;
import io.resilver.host.cli.Main;
import io.resilver.host.cli.control.Message;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.host.cli.demo.HostProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Two hosts of one volume. A host leads once it has minted its epoch, closed its gate to older ones and promised it. */
final class HostPair extends Pair {
    static final String VOLUME = "bench";

    private final Path directory;
    private final String connect;
    private final Times times;
    private final Duration silence;

    HostPair(Children children, Path directory, String connect, Times times, Duration silence) {
        super(children, directory.resolve("hosts.log"));
        this.directory = directory;
        this.connect = connect;
        this.times = times;
        this.silence = silence;
    }

    @Override
    Class<?> mainClass() {
        return Main.class;
    }

    @Override
    List<String> program(String name, boolean first) throws IOException {
        Path config = directory.resolve(name + ".properties");
        Files.writeString(config, configuration(name));
        List<String> program = new ArrayList<>(List.of("serve", "--config", config.toString()));
        if (first) {
            program.add("--create-volume");
        }
        return program;
    }

    private String configuration(String name) {
        return Map.of(
                        "host.id", name,
                        "host.data", directory.resolve("host-" + name).toString(),
                        "host.volume", VOLUME,
                        "host.replicas", String.join(",", NAMES),
                        "resilver.coordination.connect", connect,
                        "resilver.coordination.namespace",
                                directory.getFileName().toString(),
                        "resilver.coordination.session-timeout-ms",
                                Long.toString(times.session().toMillis()),
                        "resilver.coordination.heartbeat-ms",
                                Long.toString(times.heartbeat().toMillis()),
                        "resilver.coordination.silence-ms", Long.toString(silence.toMillis()),
                        // Leave the set soon when stopped on purpose: the writes and reads of a recovery are counted.
                        "resilver.policy.host.longest-back-off-ms", "200")
                .entrySet()
                .stream()
                .map(each -> each.getKey() + "=" + each.getValue().replace("\\", "\\\\") + "\n")
                .collect(Collectors.joining());
    }

    @Override
    String leads() {
        return "PrimaryTookOver";
    }

    /** Both are in sync: then the other is a member, which is who may take over. */
    @Override
    void awaitReady(HostProcess leading, HostProcess following) throws DemoException {
        Poll.until(
                () -> leading.ask(HostProcess.verb("status")).text("inSync").equals(Optional.of("x,y")),
                "both replicas are in sync");
    }

    /** Writes a block and waits until it is acknowledged. */
    static void write(HostProcess primary, long seed) throws DemoException {
        Message.Builder write = HostProcess.verb("write-pattern")
                .put("seed", seed)
                .put("from", 0)
                .put("to", 4_096)
                .put("at", 0)
                .put("block", 4_096);
        primary.ask(write);
    }
}
