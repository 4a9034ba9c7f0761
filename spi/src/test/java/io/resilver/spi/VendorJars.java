package io.resilver.spi;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;

/**
 * Packs classes of {@code io.resilver.spi.vendor} into real jars with a provider file, and loads them as a host would: the
 * class path of the tests has these classes too, so the loader's parent hides them.
 */
public final class VendorJars implements AutoCloseable {
    private static final String HIDDEN = "io.resilver.spi.vendor.";

    private final Path directory;
    private final List<URL> jars = new ArrayList<>();
    private final List<URLClassLoader> loaders = new ArrayList<>();

    public VendorJars(Path directory) {
        this.directory = directory;
    }

    /** Adds a jar whose provider file names what it likes. */
    public VendorJars jar(String name, Class<?> service, List<String> lines, Class<?>... classes) throws IOException {
        Path jar = directory.resolve(name);
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file)) {
            out.putNextEntry(new JarEntry("META-INF/services/" + service.getName()));
            out.write(String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
            for (Class<?> each : classes) {
                String path = each.getName().replace('.', '/') + ".class";
                out.putNextEntry(new JarEntry(path));
                try (InputStream in = each.getResourceAsStream(each.getSimpleName() + ".class")) {
                    in.transferTo(out);
                }
            }
        }
        jars.add(jar.toUri().toURL());
        return this;
    }

    /** A class loader that has the jars, in order, and the SPI. */
    public ClassLoader loader() {
        ClassLoader parent = new ClassLoader(VendorJars.class.getClassLoader()) {
            @Override
            protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                if (name.startsWith(HIDDEN)) {
                    throw new ClassNotFoundException(name);
                }
                return super.loadClass(name, resolve);
            }
        };
        URLClassLoader loader = new URLClassLoader(jars.toArray(URL[]::new), parent);
        loaders.add(loader);
        return loader;
    }

    @Override
    public void close() throws IOException {
        for (URLClassLoader each : loaders) {
            each.close();
        }
    }
}
