package io.resilver.multihost;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/** A jar made from sources at test time, as the author of a host product or of a vendor's provider makes one. */
final class SmallJar {
    private final Path directory;
    private final String name;
    private final List<String> options = new ArrayList<>(List.of("--release", "17", "-proc:none"));
    private final Map<String, String> sources = new LinkedHashMap<>();
    private final Map<String, String> texts = new LinkedHashMap<>();
    private Predicate<String> left = path -> false;

    /**
     * Begins a jar that compiles against the SPI's jar and nothing else.
     *
     * @param directory where the jar goes
     * @param name its file name
     */
    SmallJar(Path directory, String name) {
        this.directory = directory;
        this.name = name;
    }

    /** Adds a source; the path is that of the class, such as {@code vendor/Left.java}. */
    SmallJar source(String path, String text) {
        sources.put(path, text);
        return this;
    }

    /** Adds a provider file, or replaces that of the same service. */
    SmallJar provides(String service, String... lines) {
        texts.put("META-INF/services/" + service, String.join("\n", lines));
        return this;
    }

    /** Leaves a compiled class out of the jar. */
    SmallJar without(String path) {
        left = left.or(path::equals);
        return this;
    }

    Path build() throws IOException {
        return build("--class-path", PackagedJars.SPI.toString());
    }

    /**
     * Compiles and packs.
     *
     * @param path how the compiler finds what the sources need
     */
    Path build(String... path) throws IOException {
        Path work = Files.createTempDirectory(directory, name + "-");
        Path classes = Files.createDirectory(work.resolve("classes"));
        options.addAll(List.of(path));
        options.addAll(List.of("-d", classes.toString()));
        for (Map.Entry<String, String> each : sources.entrySet()) {
            Path source = work.resolve(each.getKey());
            Files.createDirectories(source.getParent());
            options.add(Files.writeString(source, each.getValue()).toString());
        }
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        int code = sources.isEmpty()
                ? 0
                : ToolProvider.getSystemJavaCompiler().run(null, said, said, options.toArray(String[]::new));
        assertThat(code).as(said.toString(StandardCharsets.UTF_8)).isZero();
        return pack(classes);
    }

    private Path pack(Path classes) throws IOException {
        Path jar = directory.resolve(name);
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file);
                Stream<Path> compiled = Files.walk(classes)) {
            for (Path each : compiled.filter(Files::isRegularFile).sorted().toList()) {
                String path = classes.relativize(each).toString();
                if (!left.test(path)) {
                    out.putNextEntry(new JarEntry(path));
                    Files.copy(each, out);
                }
            }
            for (Map.Entry<String, String> each : texts.entrySet()) {
                out.putNextEntry(new JarEntry(each.getKey()));
                out.write(each.getValue().getBytes(StandardCharsets.UTF_8));
            }
        }
        return jar;
    }
}
