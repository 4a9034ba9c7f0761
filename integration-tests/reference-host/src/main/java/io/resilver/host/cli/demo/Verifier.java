package io.resilver.host.cli.demo;

import static io.resilver.host.cli.demo.HostProcess.verb;

import io.resilver.host.cli.control.Message;
import io.resilver.host.engine.HostStoreFiles;
import io.resilver.spi.error.RecoveryException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Checks what the hosts claim: from their files, beside them, and by reading as a client does. Thread safe. */
final class Verifier {
    /** A member's files may trail the commit by a moment; a primary may have to ask its members before it serves reads. */
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private final Stage stage;

    Verifier(Stage stage) {
        this.stage = stage;
    }

    /** A reader over the files of a host's replica. */
    HostStoreFiles reader(String name) {
        return stage.files(name);
    }

    /** The last LSN in a host's files. A store that is opening, or changes its files, may make a look fail. */
    long durableLsn(String name) throws DemoException {
        return Patience.until("the last LSN in the files of host " + name, PATIENCE, () -> {
            try {
                return Patience.Look.found(reader(name).durableLsn());
            } catch (RecoveryException e) {
                return Patience.Look.notYet(String.valueOf(e.getMessage()));
            }
        });
    }

    /** Whether the image of each of these hosts, and what a client reads, has the digest of what was acknowledged. */
    boolean verified(HostProcess primary, Content content, List<String> hosts) throws DemoException {
        long committed = primary.ask(verb("status"))
                .number("committedLsn")
                .orElseThrow(() -> new DemoException("host " + primary.name() + " is primary and committed nothing"));
        List<Callable<String>> digests = new ArrayList<>();
        digests.add(content::sha256);
        digests.add(() -> read(primary, content.bytes()));
        for (String host : hosts) {
            digests.add(() -> image(host, committed));
        }
        ExecutorService pool = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        try {
            List<String> found = new ArrayList<>();
            for (Future<String> each : pool.invokeAll(digests)) {
                found.add(each.get());
            }
            return found.stream().distinct().count() == 1;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof DemoException known
                    ? known
                    : new DemoException("the images could not be compared: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DemoException("interrupted while comparing images", e);
        } finally {
            pool.shutdownNow();
        }
    }

    private String image(String host, long committed) throws DemoException {
        return Patience.until("the image of host " + host + " at LSN " + committed, PATIENCE, () -> {
            try {
                return Patience.Look.found(reader(host).sha256(OptionalLong.of(committed)));
            } catch (RecoveryException e) {
                return Patience.Look.notYet(String.valueOf(e.getMessage()));
            }
        });
    }

    private static String read(HostProcess primary, long bytes) throws DemoException {
        return Patience.until("a read of all data from host " + primary.name(), PATIENCE, () -> {
            if (!primary.ask(verb("status")).flag("servesReads")) {
                return Patience.Look.notYet("it may not serve reads yet");
            }
            Message answer = primary.ask(verb("read-hash").put("from", 0).put("to", bytes));
            return answer.number("endBytes").equals(OptionalLong.of(bytes))
                    ? Patience.Look.found(answer.text("sha256").orElse("no digest"))
                    : Patience.Look.found("a volume of " + answer.number("endBytes") + " bytes");
        });
    }
}
