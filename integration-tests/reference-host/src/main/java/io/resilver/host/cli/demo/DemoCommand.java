package io.resilver.host.cli.demo;

import io.resilver.host.cli.Streams;
import io.resilver.host.engine.HostEngine;
import io.resilver.spi.error.PermanentException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Tells the whole story on this machine. */
@Command(
        name = "demo",
        description = {
            "Starts three hosts and a ZooKeeper on this machine, writes a file into a replicated volume, and lets one"
                    + " replica after the other fall behind: each is brought back in sync, and every image is compared.",
            "Everything that it starts and writes is gone when it ends."
        },
        footer = {"", "Exit code: 0 all is verified, 1 it is not or the demo could not go on, 2 wrong usage."},
        mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {
    /** How the result is printed. */
    enum Output {
        /** For people. */
        table,
        /** For programs. */
        json
    }

    private final Streams streams;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before the call
    private CommandSpec spec;

    @Option(
            names = "--input",
            paramLabel = "FILE",
            description = "What is written into the volume. Default: the modules of the running JDK.")
    private Path input = Path.of(System.getProperty("java.home", ""), "lib", "modules");

    @Option(names = "--output", paramLabel = "table|json", description = "How the result is printed. Default: table.")
    private Output output = Output.table;

    @Option(
            names = "--adapter",
            paramLabel = "NAME",
            description =
                    "The storage engine of the replicas. Default: file. The program of the RocksDB adapter also has rocksdb.")
    private String adapter = "file";

    /**
     * The command over some streams.
     *
     * @param streams what it writes
     */
    public DemoCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        if (!Files.isRegularFile(input) || !Files.isReadable(input)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--input " + input
                            + " cannot be read: it must be a file, and this user must be allowed to read it");
        }
        HostEngine engine;
        try {
            engine = HostEngine.named(adapter);
        } catch (PermanentException e) {
            throw new ParameterException(spec.commandLine(), "--adapter " + adapter + ": " + e.getMessage(), e);
        }
        try {
            DemoReport report = play(engine);
            if (output == Output.json) {
                report.json(streams.out());
            } else {
                report.table(streams.out());
            }
            return report.verified() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
        } catch (DemoException e) {
            streams.err().println("resilver demo: " + e.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        }
    }

    private DemoReport play(HostEngine engine) throws DemoException {
        Content content = new Content(input.toAbsolutePath());
        Stage stage = Stage.open(engine);
        Thread onInterrupt = new Thread(() -> closeQuietly(stage), "demo-cleanup");
        Runtime.getRuntime().addShutdownHook(onInterrupt);
        try (stage;
                Narrator narrator = Narrator.of(streams.err(), Story.STEPS)) {
            try {
                return new DemoReport(new Story(stage, content, narrator).tell());
            } catch (DemoException e) {
                if (!stage.isClosed()) { // else it is interrupted, and that is all there is to say
                    stage.lastWords().forEach(streams.err()::println);
                }
                throw e;
            }
        } finally {
            removeHook(onInterrupt);
        }
    }

    private void closeQuietly(Stage stage) {
        try {
            stage.close();
        } catch (DemoException e) {
            streams.err().println("resilver demo: " + e.getMessage());
        }
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException alreadyEnding) {
            return;
        }
    }
}
