package io.resilver.bench.hosts;

import io.resilver.host.cli.Main;
import io.resilver.host.cli.Streams;
import io.resilver.host.cli.control.Message;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * A host that comes and goes within one process, so that what is measured when it comes back is no JVM's start: {@code begin}
 * serves, {@code leave} ends that, and everything else goes to the host that serves. It ends with its standard input.
 */
@Command(name = WarmHostCommand.NAME, hidden = true, description = "One host that comes and goes within one process.")
public final class WarmHostCommand implements Callable<Integer> {
    static final String NAME = "warm-host";
    private static final int PIPE_BYTES = 64 << 10;

    private final Streams streams;

    @Option(names = "--config", required = true)
    private Path config = Path.of("host.properties");

    @Option(names = "--create-volume")
    private boolean create;

    private int code;

    /**
     * The command over some streams.
     *
     * @param streams what it reads and writes
     */
    public WarmHostCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        BufferedReader requests = new BufferedReader(new InputStreamReader(streams.in(), StandardCharsets.UTF_8));
        tell("{\"event\":\"Ready\"}");
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            if (verb(line).equals("begin")) {
                answer(line);
                serve(requests);
            }
        }
        return code;
    }

    /** Serves until it is told to leave, or there is nobody left to tell it. */
    private void serve(BufferedReader requests) throws IOException, InterruptedException {
        PipedOutputStream to = new PipedOutputStream();
        PipedInputStream in = new PipedInputStream(to, PIPE_BYTES);
        List<String> command = new ArrayList<>(List.of("serve", "--config", config.toString()));
        if (create) {
            command.add("--create-volume");
            create = false;
        }
        Thread host = new Thread(
                () -> code = Main.run(new Streams(in, streams.out(), streams.err()), command.toArray(String[]::new)),
                "host");
        host.start();
        String last = forward(requests, to); // ends what it writes to: then the host leaves
        host.join();
        if (!last.isEmpty()) {
            answer(last);
        }
    }

    /** Hands on what comes until the host is told to leave; answers that request, or nothing at the end of all. */
    private static String forward(BufferedReader requests, PipedOutputStream host) throws IOException {
        try (host) {
            for (String line = requests.readLine(); line != null; line = requests.readLine()) {
                if (verb(line).equals("leave")) {
                    return line;
                }
                host.write((line + "\n").getBytes(StandardCharsets.UTF_8));
                host.flush();
            }
            return "";
        }
    }

    private static String verb(String line) throws IOException {
        return parsed(line).text("verb").orElse("");
    }

    private static Message parsed(String line) throws IOException {
        try {
            return Message.parse(line);
        } catch (Message.MalformedException e) {
            throw new IOException("what came is no request: " + line, e);
        }
    }

    private void answer(String request) throws IOException {
        tell(Message.builder()
                .put("id", parsed(request).number("id"))
                .put("ok", true)
                .build()
                .toString());
    }

    private void tell(String line) throws IOException {
        OutputStream out = streams.out();
        synchronized (out) {
            out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
        }
    }
}
