package io.resilver.multihost;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The jars that this build packaged, and what stands beside them on a host's class path. Whatever a test loads from here
 * comes from a jar: the classes of the build itself are never on these paths.
 */
final class PackagedJars {
    static final Path SPI = jar("resilver.spi.jar");
    static final Path PLUGIN = jar("resilver.plugin.jar");
    static final Path HOST = jar("resilver.host.jar");

    /** The folder of the project's README. */
    static final Path ROOT = path("resilver.root");

    private static final Pattern SEPARATOR = Pattern.compile(File.pathSeparator, Pattern.LITERAL);

    private PackagedJars() {}

    /** The plugin and all that it needs at run time, the SPI among it: a list of the caller's own. */
    static List<Path> pluginClassPath() {
        List<Path> all = new ArrayList<>(List.of(PLUGIN));
        try {
            String file = Files.readString(path("resilver.plugin.classpath")).strip();
            SEPARATOR.splitAsStream(file).map(Path::of).map(PackagedJars::isJar).forEach(all::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return all;
    }

    /** The same, with further jars after it. */
    static List<Path> pluginClassPathAnd(Path... further) {
        List<Path> all = pluginClassPath();
        all.addAll(List.of(further));
        return all;
    }

    /** A class loader of these and the JDK alone: nothing of the test's own class path can be seen. */
    static URLClassLoader loader(List<Path> jars) {
        return new URLClassLoader(
                jars.stream().map(PackagedJars::url).toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
    }

    static String joined(List<Path> paths) {
        return paths.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }

    private static URL url(Path path) {
        try {
            return path.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path jar(String property) {
        return isJar(path(property));
    }

    private static Path isJar(Path path) {
        if (!Files.isRegularFile(path) || !path.toString().endsWith(".jar")) {
            throw new IllegalStateException("not a jar: " + path);
        }
        return path;
    }

    private static Path path(String property) {
        return Path.of(System.getProperty(property, "")).toAbsolutePath().normalize();
    }
}
