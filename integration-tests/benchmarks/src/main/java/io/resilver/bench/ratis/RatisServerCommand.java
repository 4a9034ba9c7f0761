package io.resilver.bench.ratis;

import io.resilver.host.cli.Streams;
import io.resilver.host.cli.control.Message;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * A process for one member of one group at a time, until its standard input ends. It is what a comparison starts, not a
 * person.
 */
@Command(name = RatisServerCommand.NAME, hidden = true, description = "One member of a group of Apache Ratis.")
public final class RatisServerCommand implements Callable<Integer> {
    static final String NAME = "ratis-server";

    private final Streams streams;
    private @Nullable RatisMember member;

    /**
     * The command over some streams.
     *
     * @param streams what it reads and writes
     */
    public RatisServerCommand(Streams streams) {
        this.streams = streams;
    }

    /** The requests are done on another thread, so that the end of its input ends it also while it waits for its peers. */
    @Override
    public Integer call() throws IOException {
        ExecutorService work = Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "requests");
            thread.setDaemon(true);
            return thread;
        });
        try (BufferedReader requests =
                new BufferedReader(new InputStreamReader(streams.in(), StandardCharsets.UTF_8))) {
            tell(Message.builder().put("event", "Serving"));
            for (String line = requests.readLine(); line != null; line = requests.readLine()) {
                Message request = Message.parse(line);
                work.execute(() -> answer(request));
            }
            return CommandLine.ExitCode.OK;
        } catch (Message.MalformedException e) {
            streams.err().println(e.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        } finally {
            work.shutdownNow();
        }
    }

    private void answer(Message request) {
        Message.Builder answer = Message.builder().put("id", request.number("id"));
        try {
            run(request, answer);
            tell(answer.put("ok", true));
        } catch (IOException | RuntimeException | Message.MalformedException e) {
            tell(answer.put("ok", false).put("error", e.toString()));
        }
    }

    private void run(Message request, Message.Builder answer) throws IOException, Message.MalformedException {
        switch (request.requireText("verb")) {
            case "format" -> {
                RatisMember formatted = member(request);
                member = formatted;
                formatted.format();
            }
            case "close" -> running().close();
            case "position" ->
                answer.put("leads", running().leads()).put("next", running().next());
            case "await" -> running().awaitForced(request.requireNumber("last"));
            case "write" -> {
                Optional<AppliedEntries.Digest> written =
                        running().write(request.requireSize("entries"), request.requireNumber("seed"));
                answer.put("led", written.isPresent());
                written.ifPresent(digest -> put(answer, digest));
            }
            case "digest" -> put(answer, running().digest(request.requireNumber("last")));
            case "catch-up" -> {
                RatisMember.Times times = running().catchUp(request.requireNumber("last"));
                answer.put("streaming", times.streaming()).put("restart", times.restart());
            }
            default -> throw new IllegalArgumentException("no such verb");
        }
    }

    private RatisMember running() {
        if (member == null) {
            throw new IllegalStateException("no group was formatted here");
        }
        return member;
    }

    private static void put(Message.Builder answer, AppliedEntries.Digest digest) {
        answer.put("entries", digest.entries()).put("crc", digest.crc());
    }

    /** Its member is the one of the group with the number that is asked for; the first is to lead. */
    private static RatisMember member(Message request) throws Message.MalformedException {
        List<RaftPeer> peers = new ArrayList<>();
        for (String port : request.requireText("ports").split(",", -1)) {
            peers.add(RaftPeer.newBuilder()
                    .setId("member-" + peers.size())
                    .setAddress("127.0.0.1:" + port)
                    .setPriority(peers.isEmpty() ? 1 : 0)
                    .build());
        }
        RaftGroup group = RaftGroup.valueOf(RaftGroupId.valueOf(UUID.fromString(request.requireText("group"))), peers);
        RaftPeer own = peers.get(Math.toIntExact(request.requireSize("member")));
        RaftPeerId id = own.getId();
        return new RatisMember(
                group,
                id,
                Path.of(request.requireText("directory")),
                Integer.parseInt(own.getAddress().substring(own.getAddress().indexOf(':') + 1)),
                Math.toIntExact(request.requireSize("entry-bytes")));
    }

    private synchronized void tell(Message.Builder message) {
        try {
            streams.out().write((message.build() + "\n").getBytes(StandardCharsets.UTF_8));
            streams.out().flush();
        } catch (IOException nobodyReads) {
            throw new UncheckedIOException(nobodyReads);
        }
    }
}
