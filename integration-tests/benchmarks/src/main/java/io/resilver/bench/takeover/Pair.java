package io.resilver.bench.takeover;

import io.resilver.bench.process.Children;
import io.resilver.bench.process.JavaProgram;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.host.cli.demo.HostProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Two processes, one of which leads. Time and again the leader ends, the other follows it, and the first comes back. Not
 * thread safe.
 */
abstract class Pair implements AutoCloseable {
    static final List<String> NAMES = List.of("x", "y");

    /** A JVM starts, opens a session and catches up: seconds, on a busy machine more. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Map<String, HostProcess> running = new HashMap<>();
    private final Children children;
    private final Path log;
    private String leader = NAMES.get(0);

    Pair(Children children, Path log) {
        this.children = children;
        this.log = log;
    }

    /** What a process runs. */
    abstract Class<?> mainClass();

    /** Its program's arguments. */
    abstract List<String> program(String name, boolean first) throws IOException;

    /** The event with which a process says that it leads. */
    abstract String leads();

    /** Waits until the one that does not lead could take over at once. */
    abstract void awaitReady(HostProcess leading, HostProcess following) throws DemoException;

    /** Starts both. */
    void start() throws DemoException {
        HostProcess first = launch(leader, true);
        first.await(0, leads(), any -> true, PATIENCE);
        awaitReady(first, launch(follower(), false));
    }

    /** Ends the leader, once both are there, and answers how long it took until the other led, in seconds. */
    double run(Ending ending) throws DemoException {
        if (!running.containsKey(follower())) {
            awaitReady(leading(), launch(follower(), false));
        }
        HostProcess old = process(leader);
        HostProcess next = process(follower());
        int mark = next.mark();
        long from = System.nanoTime();
        ending.of(old);
        next.await(mark, leads(), any -> true, PATIENCE);
        double seconds = (System.nanoTime() - from) / 1e9;
        children.kill(old);
        running.remove(leader);
        leader = follower();
        return seconds;
    }

    HostProcess leading() {
        return process(leader);
    }

    HostProcess following() {
        return process(follower());
    }

    private String follower() {
        return NAMES.get(1 - NAMES.indexOf(leader));
    }

    private HostProcess process(String name) {
        HostProcess found = running.get(name);
        if (found == null) {
            throw new IllegalStateException("process " + name + " was not started");
        }
        return found;
    }

    private HostProcess launch(String name, boolean first) throws DemoException {
        try {
            List<String> command =
                    JavaProgram.command(List.of("-XX:+UseSerialGC", "-Xmx256m"), mainClass(), program(name, first));
            HostProcess host = children.start(
                    name, new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile())));
            running.put(name, host);
            host.await(0, "Serving", any -> true, PATIENCE);
            return host;
        } catch (IOException e) {
            throw new DemoException("process " + name + " could not be started: " + e.getMessage(), e);
        }
    }

    /** Kills what runs, stopped or not. */
    @Override
    public void close() throws DemoException {
        for (HostProcess each : running.values()) {
            children.kill(each);
        }
    }
}
