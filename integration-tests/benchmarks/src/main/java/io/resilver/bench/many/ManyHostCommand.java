package io.resilver.bench.many;

import io.resilver.host.cli.Streams;
import io.resilver.host.cli.control.Message;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.HostId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** One host with very many stores in memory, until its standard input ends. It is what the comparison starts, not a person. */
@Command(name = ManyHostCommand.NAME, hidden = true, description = "One host of the comparison many.")
public final class ManyHostCommand implements Callable<Integer> {
    static final String NAME = "many-host";

    private final Streams streams;

    @Option(names = "--id", required = true)
    private String id = "";

    @Option(names = "--data", required = true)
    private Path data = Path.of("");

    @Option(names = "--volumes", required = true)
    private int volumes;

    @Option(names = "--key")
    private Map<String, String> keys = new LinkedHashMap<>();

    /**
     * The command over some streams.
     *
     * @param streams what it reads and writes
     */
    public ManyHostCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException, RecoveryException {
        try (ManyHost host = new ManyHost(new HostId(id), data, volumes, keys)) {
            tell(Message.builder().put("event", "Serving").build());
            BufferedReader in = new BufferedReader(new InputStreamReader(streams.in(), StandardCharsets.UTF_8));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                tell(answer(host, line));
            }
            return CommandLine.ExitCode.OK;
        }
    }

    private static Message answer(ManyHost host, String line) {
        Message.Builder answer = Message.builder();
        try {
            Message request = Message.parse(line);
            answer.put("id", request.number("id"));
            return answer.put("ok", true).putAll(host.answer(request).build()).build();
        } catch (Message.MalformedException | DemoException | RecoveryException | RuntimeException e) {
            return answer.put("ok", false).put("error", e.toString()).build();
        }
    }

    private void tell(Message message) throws IOException {
        streams.out().write((message + "\n").getBytes(StandardCharsets.UTF_8));
        streams.out().flush();
    }
}
