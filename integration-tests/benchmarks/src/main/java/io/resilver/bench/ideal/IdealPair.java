package io.resilver.bench.ideal;

import io.resilver.bench.Main;
import io.resilver.bench.process.Children;
import io.resilver.bench.process.JavaProgram;
import io.resilver.bench.run.Workbench;
import io.resilver.host.cli.control.Message;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.host.cli.demo.HostProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Two processes, one of which reads a file, checks CRC32C and sends, while the other receives, checks CRC32C, writes and
 * forces every 4 MiB, over one connection on loopback and with no protocol. They are warm when they are there. One user.
 */
public final class IdealPair implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Enough records that the checks run compiled. */
    private static final long WARM_BYTES = 64L << 20;

    private static final long SMOKE_WARM_BYTES = 1L << 20;
    private static final int[] WARM_ENTRIES = {128, 4_096};

    private final Children children;
    private final HostProcess sender;
    private final HostProcess receiver;
    private final long port;

    private IdealPair(Children children, HostProcess sender, HostProcess receiver, long port) {
        this.children = children;
        this.sender = sender;
        this.receiver = receiver;
        this.port = port;
    }

    /**
     * A file that was moved.
     *
     * @param seconds from the request to the word that all is forced
     * @param verified whether the target has the source's content, byte for byte
     */
    public record Run(double seconds, boolean verified) {}

    /**
     * Starts both and lets them move some files.
     *
     * @param bench whose processes they are
     * @param directory theirs, on the disk that is measured; created if missing
     * @return the pair
     * @throws DemoException when one did not start, or could not move a file
     * @throws IOException when the disk failed
     */
    public static IdealPair start(Workbench bench, Path directory) throws DemoException, IOException {
        Files.createDirectories(directory);
        HostProcess receiver = launch(bench.children(), "ideal-receiver", directory);
        HostProcess sender = launch(bench.children(), "ideal-sender", directory);
        long port = receiver.await(0, "Serving", any -> true, PATIENCE)
                .number("port")
                .orElseThrow();
        sender.await(0, "Serving", any -> true, PATIENCE);
        IdealPair pair = new IdealPair(bench.children(), sender, receiver, port);
        pair.warm(directory, bench.sized(WARM_BYTES, SMOKE_WARM_BYTES));
        return pair;
    }

    private static HostProcess launch(Children children, String name, Path directory) throws DemoException {
        ProcessBuilder program = new ProcessBuilder(JavaProgram.command(
                        List.of("-XX:+UseSerialGC", "-Xmx64m", "-XX:MaxDirectMemorySize=32m"),
                        Main.class,
                        List.of("bench", IdealHostCommand.NAME)))
                .redirectError(ProcessBuilder.Redirect.appendTo(
                        directory.resolve(name + ".log").toFile()));
        return children.start(name, program);
    }

    private void warm(Path directory, long bytes) throws DemoException, IOException {
        Path source = directory.resolve("warm-source");
        Path target = directory.resolve("warm-target");
        for (int entryBytes : WARM_ENTRIES) {
            IdealLog.write(source, bytes / entryBytes, entryBytes, entryBytes);
            for (IdealMode mode : IdealMode.values()) {
                move(mode, source, target);
                Files.delete(target);
            }
            Files.delete(source);
        }
    }

    /**
     * Moves a file of records.
     *
     * @param source as {@link IdealLog} writes it
     * @param target is not there yet, and then the same
     * @return what it took
     * @throws DemoException when a record is refused, or a process failed
     * @throws IOException when the files could not be compared
     */
    public Run log(Path source, Path target) throws DemoException, IOException {
        return run(IdealMode.LOG, source, target);
    }

    /**
     * Moves any file, in ranges of 1 MiB.
     *
     * @param source a file
     * @param target is not there yet, and then the same
     * @return what it took
     * @throws DemoException when a range is refused, or a process failed
     * @throws IOException when the files could not be compared
     */
    public Run base(Path source, Path target) throws DemoException, IOException {
        return run(IdealMode.BASE, source, target);
    }

    private Run run(IdealMode mode, Path source, Path target) throws DemoException, IOException {
        double seconds = move(mode, source, target);
        return new Run(seconds, Files.mismatch(source, target) < 0);
    }

    private double move(IdealMode mode, Path source, Path target) throws DemoException {
        CompletableFuture<Message> receiving = receiver.send(request("receive", mode, target));
        long from = System.nanoTime();
        CompletableFuture<Message> sending =
                sender.send(request("send", mode, source).put("port", port));
        Message sent = answer(sending);
        double seconds = (System.nanoTime() - from) / 1e9;
        Message received = answer(receiving);
        if (!sent.flag("ok") || !received.flag("ok")) {
            throw new DemoException("the ideal program did not move " + source + ": "
                    + sent.text("error").orElse("it was sent") + "; "
                    + received.text("error").orElse("it was received"));
        }
        return seconds;
    }

    private static Message.Builder request(String verb, IdealMode mode, Path file) {
        return HostProcess.verb(verb)
                .put("mode", mode.word())
                .put("file", file.toAbsolutePath().toString());
    }

    private static Message answer(CompletableFuture<Message> asked) throws DemoException {
        try {
            return asked.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new DemoException("the ideal program did not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DemoException("interrupted while the ideal program worked", e);
        }
    }

    /**
     * What a reader must know of it.
     *
     * @return lines for a report's settings
     */
    public static List<String> settings() {
        return List.of(
                "ideal: two warm processes, no protocol. One reads the file, checks each CRC32C and writes to one loopback"
                        + " connection; the other checks each again and writes to a new file, 1 MiB at a time.",
                "ideal makes durable: a second thread of the receiver forces (fdatasync) every 4 MiB, at most four of which"
                        + " are behind; it is over when the sender has been told that all is forced.");
    }

    /** Kills both. */
    @Override
    public void close() throws DemoException {
        children.kill(sender);
        children.kill(receiver);
    }
}
