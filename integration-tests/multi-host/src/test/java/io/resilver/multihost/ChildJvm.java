package io.resilver.multihost;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A JVM of its own whose standard error and temporary files stay in a test's directory. */
final class ChildJvm {
    private ChildJvm() {}

    /**
     * Starts one; its standard input and output are the caller's.
     *
     * @param directory where its temporary files go, into {@code tmp}, and its standard error, into {@code err}
     */
    static Process start(Path directory, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:TieredStopAtLevel=1",
                "-Djava.io.tmpdir=" + Files.createDirectories(directory.resolve("tmp"))));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectError(directory.resolve("err").toFile())
                .start();
    }

    static String errors(Path directory) throws IOException {
        return Files.readString(directory.resolve("err"));
    }
}
