package io.resilver.bench.takeover;

import io.resilver.bench.Main;
import io.resilver.bench.process.Children;
import io.resilver.host.cli.demo.HostProcess;
import java.nio.file.Path;
import java.util.List;

/** Two processes with Curator's leader latch. It knows of ZooKeeper alone, and hands over nothing. */
final class LatchPair extends Pair {
    private final String connect;
    private final Times times;

    LatchPair(Children children, Path directory, String connect, Times times) {
        super(children, directory.resolve("latches.log"));
        this.connect = connect;
        this.times = times;
    }

    @Override
    Class<?> mainClass() {
        return Main.class;
    }

    @Override
    List<String> program(String name, boolean first) {
        return List.of(
                "bench",
                LatchHostCommand.NAME,
                "--connect",
                connect,
                "--id",
                name,
                "--session-timeout-ms",
                Long.toString(times.session().toMillis()));
    }

    @Override
    String leads() {
        return LatchHostCommand.LEADS;
    }

    /** A latch that serves is a candidate already. */
    @Override
    void awaitReady(HostProcess leading, HostProcess following) {}
}
