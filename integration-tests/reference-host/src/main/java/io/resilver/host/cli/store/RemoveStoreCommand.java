package io.resilver.host.cli.store;

import io.resilver.host.cli.Streams;
import io.resilver.host.product.HostSettings;
import io.resilver.host.product.StoreMaintenance;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Incarnation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Removes the store of a deleted volume from a host that was away. */
@Command(
        name = "remove-store",
        description = {
            "Removes the store that a host holds of a volume that was deleted while the host was away.",
            "It is refused while the volume's record names this incarnation of it, and when nobody can say: a host never"
                    + " removes data by itself, since a record is also missing after ZooKeeper was restored from an older"
                    + " state."
        },
        footer = {
            "",
            "The incarnation is what status says, and the error of a host that does not start because of it.",
            "Exit code: 0 done, also when there is no such store, 1 when it was refused, 2 wrong usage."
        },
        mixinStandardHelpOptions = true)
public final class RemoveStoreCommand implements Callable<Integer> {
    private final Streams streams;

    @Option(names = "--config", required = true, paramLabel = "FILE", description = "The host's properties file.")
    private Path config = Path.of("host.properties");

    @Option(
            names = "--incarnation",
            required = true,
            paramLabel = "ID",
            description = "The incarnation that was deleted; a store of any other is left as it is.")
    private String incarnation = "";

    /**
     * The command over some streams.
     *
     * @param streams what it writes to
     */
    public RemoveStoreCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        Incarnation meant;
        try {
            meant = new Incarnation(incarnation);
        } catch (IllegalArgumentException wrong) {
            streams.err().println("resilver remove-store: --incarnation: " + wrong.getMessage());
            return CommandLine.ExitCode.USAGE;
        }
        try {
            boolean removed = StoreMaintenance.removeStore(HostSettings.read(config), meant);
            String said = removed ? "the store was removed\n" : "there is no store of that incarnation\n";
            streams.out().write(said.getBytes(StandardCharsets.UTF_8));
            return CommandLine.ExitCode.OK;
        } catch (RecoveryException e) {
            streams.err().println("resilver remove-store: " + e.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        }
    }
}
