package io.resilver.bench.ideal;

import io.resilver.host.cli.Streams;
import io.resilver.host.cli.control.Message;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** One side of the ideal program, until its standard input ends. It is what a comparison starts, not a person. */
@Command(name = IdealHostCommand.NAME, hidden = true, description = "Sends or receives a file with no protocol.")
public final class IdealHostCommand implements Callable<Integer> {
    static final String NAME = "ideal-host";

    private final Streams streams;

    /**
     * The command over some streams.
     *
     * @param streams what it reads and writes
     */
    public IdealHostCommand(Streams streams) {
        this.streams = streams;
    }

    /** The requests are done on another thread, so that the end of its input ends it also while it waits for its peer. */
    @Override
    public Integer call() throws IOException {
        ExecutorService work = Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "ideal");
            thread.setDaemon(true);
            return thread;
        });
        try (ServerSocketChannel server = ServerSocketChannel.open();
                BufferedReader requests =
                        new BufferedReader(new InputStreamReader(streams.in(), StandardCharsets.UTF_8))) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            tell(Message.builder()
                    .put("event", "Serving")
                    .put("port", ((InetSocketAddress) server.getLocalAddress()).getPort()));
            for (String line = requests.readLine(); line != null; line = requests.readLine()) {
                Message request = Message.parse(line);
                work.execute(() -> answer(request, server));
            }
            return CommandLine.ExitCode.OK;
        } catch (Message.MalformedException e) {
            streams.err().println(e.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        } finally {
            work.shutdownNow();
        }
    }

    private void answer(Message request, ServerSocketChannel server) {
        Message.Builder answer = Message.builder().put("id", request.number("id"));
        try {
            run(request, server);
            tell(answer.put("ok", true));
        } catch (IOException | RuntimeException | Message.MalformedException e) {
            tell(answer.put("ok", false).put("error", String.valueOf(e.getMessage())));
        }
    }

    private static void run(Message request, ServerSocketChannel server)
            throws IOException, Message.MalformedException {
        IdealMode mode = IdealMode.of(request.requireText("mode"));
        Path file = Path.of(request.requireText("file"));
        switch (request.requireText("verb")) {
            case "send" -> IdealSender.send(mode, file, Math.toIntExact(request.requireNumber("port")));
            case "receive" -> IdealReceiver.receive(mode, file, server);
            default -> throw new IllegalArgumentException("it can send and receive alone");
        }
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
