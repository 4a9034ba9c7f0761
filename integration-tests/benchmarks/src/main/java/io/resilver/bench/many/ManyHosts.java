package io.resilver.bench.many;

import io.resilver.bench.Main;
import io.resilver.bench.process.JavaProgram;
import io.resilver.bench.run.Workbench;
import io.resilver.host.cli.control.Message;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.host.cli.demo.HostProcess;
import io.resilver.spi.model.HostId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Source and target, each in its own process. */
final class ManyHosts {
    static final String HEAP = "-Xmx2g";
    static final String COLLECTOR = "-XX:+UseParallelGC";

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Workbench bench;
    private final int volumes;
    private final HostProcess source;
    private final HostProcess target;

    ManyHosts(Workbench bench, int volumes, Map<String, String> keys) throws DemoException {
        this.bench = bench;
        this.volumes = volumes;
        this.source = start(ManyHost.SOURCE, keys);
        this.target = start(ManyHost.TARGET, keys);
    }

    private HostProcess start(HostId host, Map<String, String> keys) throws DemoException {
        List<String> program = new ArrayList<>(List.of(
                "bench",
                ManyHostCommand.NAME,
                "--id",
                host.value(),
                "--data",
                bench.directory().resolve(host.value()).toString(),
                "--volumes",
                Integer.toString(volumes)));
        keys.forEach((key, value) -> program.addAll(List.of("--key", key + "=" + value)));
        HostProcess started = bench.children()
                .start(
                        host.value(),
                        new ProcessBuilder(JavaProgram.command(List.of(HEAP, COLLECTOR), Main.class, program))
                                .redirectError(bench.directory()
                                        .resolve(host.value() + ".log")
                                        .toFile()));
        started.await(0, "Serving", any -> true, PATIENCE);
        return started;
    }

    /** Creates the volumes of a group, opens and leads them, and has the target in sync with what is empty yet. */
    void setUp(String group) throws DemoException {
        timed(source, "create", group);
        timed(source, "open", group);
        timed(target, "open", group);
        timed(source, "lead", group);
        timed(source, "recover", group);
    }

    private void timed(HostProcess host, String verb, String group) throws DemoException {
        long from = System.nanoTime();
        host.ask(verb(verb, group));
        bench.tell("%s, %s on %s: %.1f s", group, verb, host.name(), (System.nanoTime() - from) / 1e9);
    }

    /** Puts the target behind by so many entries a volume, recovers it, and compares what it holds with the source. */
    ManyRun run(String group, long entries, long before) throws DemoException {
        source.ask(verb("trim", group));
        target.ask(verb("trim", group));
        source.ask(verb("hold", group));
        source.ask(verb("write", group).put("entries", entries));
        target.ask(verb("count-threads", group));
        Message found = source.ask(verb("recover", group));
        Message held = target.ask(verb("sums", group).put("after", before));
        Message sent = source.ask(verb("sums", group).put("after", before));
        return ManyRun.of(found, held, same(sent, held));
    }

    private static boolean same(Message sent, Message held) {
        Optional<String> sums = sent.text("sums");
        return sums.isPresent() && sums.equals(held.text("sums"));
    }

    private static Message.Builder verb(String verb, String group) {
        return HostProcess.verb(verb).put("group", group);
    }

    /** Kills both: what they hold is in memory, and there is nothing to hand over. */
    void end() throws DemoException {
        bench.children().kill(source);
        bench.children().kill(target);
    }
}
