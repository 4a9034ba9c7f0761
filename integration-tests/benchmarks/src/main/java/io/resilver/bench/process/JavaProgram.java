package io.resilver.bench.process;

import java.util.ArrayList;
import java.util.List;

/** The command line of another JVM with this one's class path. */
public final class JavaProgram {
    private JavaProgram() {}

    /**
     * A command line.
     *
     * @param jvmOptions its heap, its collector and the like
     * @param mainClass the class with the main method
     * @param arguments of the program
     * @return the words, as a process builder takes them
     */
    public static List<String> command(List<String> jvmOptions, Class<?> mainClass, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:+IgnoreUnrecognizedVMOptions",
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED"));
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path", ""), mainClass.getName()));
        command.addAll(arguments);
        return command;
    }
}
