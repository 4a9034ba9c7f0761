package io.resilver.host.cli;

import io.resilver.host.cli.demo.DemoCommand;
import io.resilver.host.cli.explain.ExplainCommand;
import io.resilver.host.cli.serve.ServeCommand;
import io.resilver.host.cli.store.NewIdCommand;
import io.resilver.host.cli.store.RemoveStoreCommand;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** The program {@code resilver}. */
@Command(
        name = "resilver",
        description = "Brings a lagging replica of a storage volume back in sync, safely.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class)
public final class Main {
    private Main() {}

    /**
     * Runs a command and ends the process with its exit code.
     *
     * @param args the command and its options
     */
    public static void main(String[] args) {
        // Not System.out: a PrintStream swallows the error when nobody reads any more.
        System.exit(run(new Streams(System.in, new FileOutputStream(FileDescriptor.out), System.err), args));
    }

    /**
     * Runs a command.
     *
     * @param streams what it reads and writes; they are flushed and stay open
     * @param args the command and its options
     * @return 0 when done, 1 when it failed, 2 for wrong usage
     */
    public static int run(Streams streams, String... args) {
        PrintWriter out = writer(streams.out());
        PrintWriter err = writer(streams.err());
        int code = new CommandLine(new Main())
                .addSubcommand(new DemoCommand(streams))
                .addSubcommand(new ServeCommand(streams))
                .addSubcommand(new ExplainCommand(streams))
                .addSubcommand(new NewIdCommand(streams))
                .addSubcommand(new RemoveStoreCommand(streams))
                .setOut(out)
                .setErr(err)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    err.println("resilver " + command.getCommandName() + ": " + failure);
                    return CommandLine.ExitCode.SOFTWARE;
                })
                .execute(args);
        out.flush();
        err.flush();
        return code;
    }

    private static PrintWriter writer(OutputStream to) {
        return new PrintWriter(new OutputStreamWriter(to, StandardCharsets.UTF_8));
    }

    /** The version of the jar. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"resilver " + (version == null ? "(not packaged)" : version)};
        }
    }
}
