package io.resilver.host.cli.serve;

import io.resilver.host.cli.Streams;
import io.resilver.host.cli.control.EventMessages;
import io.resilver.host.cli.control.Message;
import io.resilver.host.product.HostSettings;
import io.resilver.host.product.ReplicatedVolume;
import io.resilver.spi.error.RecoveryException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Serves one replica until it is told to end. */
@Command(
        name = "serve",
        description = {
            "Serves one replica of a volume, and the volume itself while this host is its primary.",
            "It ends, gracefully, on SIGTERM and when its standard input ends."
        },
        footer = {
            "",
            "The properties file has the keys host.id, host.data, host.volume, host.replicas (host ids, in the order in"
                    + " which they take over), host.least-in-sync (1), and the driver's keys resilver.….",
            "",
            "Standard input takes one JSON object a line: {\"id\":1,\"verb\":\"status\"}. The answer is a line with the same"
                    + " id and ok true, or ok false and an error. Events are lines with an event and no id.",
            "  status              primary, incarnation, appendedLsn, durableLsn, sizeBytes; of a primary also epoch, committedLsn,"
                    + " inSync, servesReads",
            "  write-file          path, from, to, at: bytes of a file into the volume; answers when committed",
            "  write-pattern       seed, from, to, at, block: bytes made from a seed; answers when committed",
            "  append-only         the same, durable on this host only: nothing of it is acknowledged",
            "  read-hash           from, to, patienceMs (10000): SHA-256 of committed data, read as a client would that asks again"
                    + " for so long while reads are refused",
            "  checkpoint          makes the image durable; answers its lsn",
            "  release-checkpoint  gives up the newest checkpoint as a base for rebuilds",
            "  trim                lsn: lets go of log up to there, in whole segments; answers tailLsn",
            "  throttle            bytesPerSecond: for each recovery, those that have begun too; none without it",
            "  permit              who, why: leads once although this host is not in sync, and loses what only others have",
            "  delete              incarnation: deletes the volume, on its primary first, and this host's store",
            "How many ms it waits for ZooKeeper at its start, before it fails:",
            "  resilver.coordination.connect-timeout-ms (15000)",
            "",
            "Exit code: 0 ended as told, 1 when it could not serve, 2 wrong usage."
        },
        mixinStandardHelpOptions = true)
public final class ServeCommand implements Callable<Integer> {
    /** What is under way when the input ends may finish, and is cut off after this: closing takes care of the data. */
    private static final long LAST_REQUESTS_SECONDS = 1;

    private final Streams streams;

    @Option(names = "--config", required = true, paramLabel = "FILE", description = "The host's properties file.")
    private Path config = Path.of("host.properties");

    @Option(names = "--create-volume", description = "Create the volume first; it must not exist.")
    private boolean create;

    /**
     * The command over some streams.
     *
     * @param streams what it reads and writes
     */
    public ServeCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        ControlLoop control = new ControlLoop(streams.in(), streams.out());
        CountDownLatch ended = new CountDownLatch(1);
        try (ReplicatedVolume volume = ReplicatedVolume.open(
                HostSettings.read(config), create, event -> control.tell(EventMessages.of(event)))) {
            control.tell(Message.builder().put("event", "Serving").build());
            Thread input = new Thread(() -> serve(control, new Verbs(volume), ended), "control");
            input.setDaemon(true);
            Thread onSignal = new Thread(() -> closeOnSignal(volume), "close-on-signal");
            Runtime.getRuntime().addShutdownHook(onSignal);
            input.start();
            ended.await();
            removeHook(onSignal);
        } catch (RecoveryException e) {
            streams.err().println("resilver serve: " + e.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return CommandLine.ExitCode.OK;
    }

    private void serve(ControlLoop control, Verbs verbs, CountDownLatch ended) {
        ExecutorService requests = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "request");
            thread.setDaemon(true);
            return thread;
        });
        try {
            control.run(verbs, requests);
            requests.shutdown();
            if (!requests.awaitTermination(LAST_REQUESTS_SECONDS, TimeUnit.SECONDS)) {
                requests.shutdownNow();
            }
        } catch (IOException e) {
            streams.err().println("resilver serve: standard input failed: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ended.countDown();
        }
    }

    private void closeOnSignal(ReplicatedVolume volume) {
        try {
            volume.close();
        } catch (RecoveryException e) {
            streams.err().println("resilver serve: " + e.getMessage());
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
