package io.resilver.bench.ratis;

import io.resilver.bench.Main;
import io.resilver.bench.process.JavaProgram;
import io.resilver.bench.process.Poll;
import io.resilver.bench.run.Workbench;
import io.resilver.host.cli.control.Message;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.host.cli.demo.HostProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Three processes, with a member of a group of Apache Ratis each: one leads, one is restarted, and one lets the leader commit
 * meanwhile. The processes stay, so that they become warm; the group is a new one each time, so that the disk is bounded and each
 * catch-up is of the same length. One user.
 */
public final class RatisGroup implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int MEMBERS = 3;
    private static final int LEADER = 0;
    private static final int FOLLOWER = 1;

    /** On a machine that is busy with something else, a follower may not answer its leader in time. */
    private static final int ATTEMPTS = 5;

    private final Workbench bench;
    private final Path directory;
    private final int entryBytes;
    private final List<HostProcess> members = new ArrayList<>();
    private int groups;

    private RatisGroup(Workbench bench, Path directory, int entryBytes) {
        this.bench = bench;
        this.directory = directory;
        this.entryBytes = entryBytes;
    }

    /**
     * A catch-up.
     *
     * @param streamingSeconds from the first entry received to the last one forced
     * @param restartSeconds from the call that starts the server to the last entry forced
     * @param verified whether follower and leader have applied what was written, in its order
     */
    public record Times(double streamingSeconds, double restartSeconds, boolean verified) {}

    /**
     * Starts the processes; they are not warm yet.
     *
     * @param bench whose processes they are
     * @param directory theirs, on the disk that is measured; created if missing
     * @param entryBytes how long each entry is
     * @return the group
     * @throws DemoException when one did not start, or failed
     * @throws IOException when the disk failed
     */
    public static RatisGroup start(Workbench bench, Path directory, int entryBytes) throws DemoException, IOException {
        Files.createDirectories(directory);
        RatisGroup group = new RatisGroup(bench, directory, entryBytes);
        for (int each = 0; each < MEMBERS; each++) {
            group.launch("ratis-" + each);
        }
        for (HostProcess each : group.members) {
            each.await(0, "Serving", any -> true, PATIENCE);
        }
        return group;
    }

    private void launch(String name) throws DemoException {
        ProcessBuilder program = new ProcessBuilder(JavaProgram.command(
                        RatisSettings.jvm(entryBytes), Main.class, List.of("bench", RatisServerCommand.NAME)))
                .redirectError(ProcessBuilder.Redirect.appendTo(
                        directory.resolve(name + ".log").toFile()));
        members.add(bench.children().start(name, program));
    }

    /**
     * Makes a group, closes a follower, writes entries, and starts it again.
     *
     * @param entries how many it is behind
     * @param seed of their content: the same one makes the same entries
     * @return what it took
     * @throws DemoException when a member failed
     * @throws IOException when the disk failed
     */
    public Times catchUp(long entries, long seed) throws DemoException, IOException {
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            Path logs = directory.resolve("group-" + groups++);
            try {
                Optional<Times> times = catchUp(logs, entries, seed);
                if (times.isPresent()) {
                    return times.get();
                }
                bench.tell("Ratis changed its leader while entries were written, attempt %d of %d", attempt, ATTEMPTS);
            } finally {
                for (HostProcess each : members) {
                    each.ask(HostProcess.verb("close"));
                }
                delete(logs);
            }
        }
        throw new DemoException("no leader of Ratis lasted until " + entries + " entries were written");
    }

    private Optional<Times> catchUp(Path logs, long entries, long seed) throws DemoException, IOException {
        form(logs);
        HostProcess leader = members.get(LEADER);
        HostProcess follower = members.get(FOLLOWER);
        long before = number(leader.ask(HostProcess.verb("position")), "next");
        follower.ask(HostProcess.verb("await").put("last", before - 1));
        follower.ask(HostProcess.verb("close"));
        Message written =
                leader.ask(HostProcess.verb("write").put("entries", entries).put("seed", seed));
        if (!written.flag("led")) {
            return Optional.empty();
        }
        long next = number(leader.ask(HostProcess.verb("position")), "next");
        if (next - before != entries) {
            throw new DemoException("the log got " + (next - before) + " entries, not " + entries);
        }
        Message caughtUp = follower.ask(HostProcess.verb("catch-up").put("last", next - 1));
        boolean verified = true;
        for (HostProcess each : List.of(leader, follower)) {
            Message digest = each.ask(HostProcess.verb("digest").put("last", next - 1));
            verified &= number(digest, "entries") == entries && number(digest, "crc") == number(written, "crc");
        }
        return Optional.of(new Times(number(caughtUp, "streaming") / 1e9, number(caughtUp, "restart") / 1e9, verified));
    }

    private void form(Path logs) throws DemoException, IOException {
        String ports = freePorts().stream().map(String::valueOf).collect(Collectors.joining(","));
        String group = UUID.randomUUID().toString();
        for (int each = 0; each < MEMBERS; each++) {
            members.get(each)
                    .ask(HostProcess.verb("format")
                            .put("group", group)
                            .put("ports", ports)
                            .put("member", each)
                            .put("entry-bytes", entryBytes)
                            .put("directory", logs.resolve("member-" + each).toString()));
        }
        HostProcess leader = members.get(LEADER);
        Poll.until(() -> leader.ask(HostProcess.verb("position")).flag("leads"), "the first member leads");
    }

    private static long number(Message answer, String field) throws DemoException {
        try {
            return answer.requireNumber(field);
        } catch (Message.MalformedException e) {
            throw new DemoException("a server of Ratis answered " + answer, e);
        }
    }

    /** Ports that are free now: a server of Ratis must know those of the others before they have them. */
    private static List<Integer> freePorts() throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        try {
            List<Integer> ports = new ArrayList<>();
            for (int each = 0; each < MEMBERS; each++) {
                ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                held.add(socket);
                ports.add(socket.getLocalPort());
            }
            return ports;
        } finally {
            for (ServerSocket each : held) {
                each.close();
            }
        }
    }

    private static void delete(Path logs) throws IOException {
        try (Stream<Path> all = Files.walk(logs)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    /**
     * For people.
     *
     * @param entryBytes how long an entry is
     * @return how Ratis is set up, and what it forces, in a line each
     */
    public static List<String> settings(int entryBytes) {
        return RatisSettings.lines(entryBytes);
    }

    /** Kills the processes. */
    @Override
    public void close() throws DemoException {
        for (HostProcess each : members) {
            bench.children().kill(each);
        }
    }
}
