package io.resilver.bench.copy;

import io.resilver.host.cli.demo.DemoException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Copies a file by a command of the system, and forces the copy: a copy that a power failure takes back is none. */
public final class Copies {
    /** The number's groups are set apart by the language of the user, which is therefore set. */
    private static final Pattern SENT = Pattern.compile("^Total bytes sent: ([0-9,]+)$", Pattern.MULTILINE);

    private Copies() {}

    /**
     * A copy.
     *
     * @param seconds from the command's start until the target is forced
     * @param bytesSent what its sender sent, all that is no content included; for cp the length of the file
     * @param verified whether the target has the source's content, byte for byte
     */
    public record Copy(double seconds, long bytesSent, boolean verified) {}

    /**
     * Copies with {@code cp}.
     *
     * @param source a file
     * @param target is written over when it is there
     * @return what it took
     * @throws DemoException when the command is missing or failed
     * @throws IOException when the target could not be forced or compared
     */
    public static Copy cp(Path source, Path target) throws DemoException, IOException {
        long from = System.nanoTime();
        run("cp", "coreutils", List.of(source.toString(), target.toString()));
        double seconds = forced(target, from);
        return new Copy(seconds, Files.size(source), same(source, target));
    }

    /**
     * Makes a target that has most of the source already the same, with {@code rsync}.
     *
     * @param way with which options
     * @param source a file
     * @param target changed in place
     * @return what it took
     * @throws DemoException when the command is missing or failed
     * @throws IOException when the target could not be forced or compared
     */
    public static Copy rsync(Rsync way, Path source, Path target) throws DemoException, IOException {
        List<String> arguments = new ArrayList<>(way.options());
        arguments.addAll(List.of("--stats", source.toString(), target.toString()));
        long from = System.nanoTime();
        String stats = run("rsync", "rsync", arguments);
        double seconds = forced(target, from);
        Matcher sent = SENT.matcher(stats);
        if (!sent.find()) {
            throw new DemoException("rsync does not say how much it sent: " + stats);
        }
        return new Copy(seconds, Long.parseLong(sent.group(1).replace(",", "")), same(source, target));
    }

    private static double forced(Path target, long from) throws IOException {
        try (FileChannel file = FileChannel.open(target, StandardOpenOption.WRITE)) {
            file.force(true);
        }
        return (System.nanoTime() - from) / 1e9;
    }

    private static boolean same(Path source, Path target) throws IOException {
        return Files.mismatch(source, target) < 0;
    }

    /** Answers what it wrote, which is little. */
    static String run(String program, String installedBy, List<String> arguments) throws DemoException, IOException {
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C");
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new DemoException(
                    program + " cannot be run: install it, on Debian and Ubuntu with apt-get install " + installedBy,
                    e);
        }
        try {
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int code = process.waitFor();
            if (code != 0) {
                throw new DemoException(program + " ended with exit code " + code + ": " + said);
            }
            return said;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DemoException("interrupted while " + program + " worked", e);
        } finally {
            process.destroyForcibly();
        }
    }
}
