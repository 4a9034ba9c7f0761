package io.resilver.bench.rebuild;

import io.resilver.host.cli.demo.DemoException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** Programs of the system that copy files. */
final class Copy {
    private Copy() {}

    /** Copies a file with cp, forces the copy, and answers how long both took, in seconds. */
    static double withForce(Path from, Path to) throws DemoException, IOException {
        long start = System.nanoTime();
        run(List.of("cp", from.toString(), to.toString()));
        try (FileChannel copy = FileChannel.open(to, StandardOpenOption.WRITE)) {
            copy.force(true);
        }
        return (System.nanoTime() - start) / 1e9;
    }

    /** Runs a program to its end. */
    static void run(List<String> command) throws DemoException {
        try {
            Process process = new ProcessBuilder(command).inheritIO().start();
            int code = process.waitFor();
            if (code != 0) {
                throw new DemoException(String.join(" ", command) + " ended with exit code " + code);
            }
        } catch (IOException e) {
            throw new DemoException(command.get(0) + " cannot be run, is it installed? " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DemoException("interrupted while " + command.get(0) + " ran", e);
        }
    }
}
