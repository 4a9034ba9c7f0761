package io.resilver.host.cli.store;

import io.resilver.host.cli.Streams;
import io.resilver.host.product.HostSettings;
import io.resilver.host.product.StoreMaintenance;
import io.resilver.spi.error.RecoveryException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Gives a restored store a new id (R36). */
@Command(
        name = "new-id",
        description = {
            "Gives the store of a host that does not serve a new id, after its disk was restored from a copy.",
            "Run it before the host serves again. Without it, a copy that was taken and put back while the store was open"
                    + " once cannot be told from the store itself, and what is missing in it counts as there.",
            "At its next start the host reports the store as replaced, and its primary rebuilds it."
        },
        footer = {"", "Exit code: 0 done, 1 when there is no such store or it is in use, 2 wrong usage."},
        mixinStandardHelpOptions = true)
public final class NewIdCommand implements Callable<Integer> {
    private final Streams streams;

    @Option(names = "--config", required = true, paramLabel = "FILE", description = "The host's properties file.")
    private Path config = Path.of("host.properties");

    /**
     * The command over some streams.
     *
     * @param streams what it writes to
     */
    public NewIdCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        try {
            String id = StoreMaintenance.newId(HostSettings.read(config)).id().value();
            streams.out().write(("the store has the new id " + id + "\n").getBytes(StandardCharsets.UTF_8));
            return CommandLine.ExitCode.OK;
        } catch (RecoveryException e) {
            streams.err().println("resilver new-id: " + e.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        }
    }
}
