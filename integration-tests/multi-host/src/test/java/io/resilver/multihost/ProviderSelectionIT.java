package io.resilver.multihost;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Section 3 of the design, "Selection", as a host meets it: the packaged plugin and jars of vendors, whole and broken, on
 * one class path. The rules themselves are tested where they are written; here each answer is that of opening a driver.
 */
class ProviderSelectionIT {
    private static final String ADAPTER = "io.resilver.spi.storage.StorageAdapterProvider";
    private static final String DRIVER = "io.resilver.spi.driver.RecoveryDriverProvider";
    private static final String NO_NAME = "";

    /** A host that says how opening its driver ended. */
    private static final String STARTER = """
            package product;
            import io.resilver.spi.driver.*;
            import io.resilver.spi.error.RecoveryException;
            import io.resilver.spi.model.HostId;
            import java.nio.file.Path;
            import java.util.Map;
            public final class Starter implements java.util.function.BiFunction<Path, Map<String, String>, String> {
                public String apply(Path data, Map<String, String> keys) {
                    DriverOptions options = DriverOptions.builder(new HostId("h1"), data).setAll(keys).build();
                    try (RecoveryDriver driver = RecoveryDrivers.open(options)) {
                        return "opened";
                    } catch (RecoveryException e) {
                        return e.getClass().getSimpleName() + ": " + e.getMessage();
                    }
                }
            }
            """;

    /** An adapter that ends the start with an error of its own, so that a test sees which one was opened. */
    private static final String VENDOR = """
            package vendor;
            import io.resilver.spi.*;
            import io.resilver.spi.error.*;
            import io.resilver.spi.storage.*;
            public class %1$s implements StorageAdapterProvider {
                public String name() { return "%2$s"; }
                public StorageAdapter open(ProviderContext context) throws RecoveryException {
                    throw new ResourceExhaustedException("%2$s was opened", "test");
                }
                %3$s
            }
            """;

    private static final String OTHER_DRIVER = """
            package vendor;
            import io.resilver.spi.driver.*;
            public final class Other implements RecoveryDriverProvider {
                public String name() { return "other"; }
                public RecoveryDriver open(DriverOptions options) { throw new UnsupportedOperationException(); }
                %s
            }
            """;

    @TempDir
    Path directory;

    private Path left;
    private Path right;

    @BeforeEach
    void wholeOnes() throws IOException {
        left = vendor("Left", "").build();
        right = vendor("Right", "").build();
    }

    /** The jar of the vendor's only class, which has its own name in lower case, as the jar has. */
    private SmallJar vendor(String type, String more) {
        String name = type.toLowerCase(Locale.ROOT);
        return new SmallJar(directory, name + ".jar")
                .source("vendor/" + type + ".java", VENDOR.formatted(type, name, more))
                .provides(ADAPTER, "vendor." + type);
    }

    private Path gone() throws IOException {
        return new SmallJar(directory, "gone.jar")
                .provides(ADAPTER, "vendor.Gone")
                .build();
    }

    private Path throwing() throws IOException {
        return vendor("Throwing", "public Throwing() { throw new IllegalStateException(\"no licence\"); }")
                .build();
    }

    private Path parentless() throws IOException {
        return vendor("Parent", "")
                .source("vendor/Child.java", "package vendor; public final class Child extends Parent {}")
                .provides(ADAPTER, "vendor.Child")
                .without("vendor/Parent.class")
                .build();
    }

    private Path otherDriver(String more) throws IOException {
        return new SmallJar(directory, "other.jar")
                .source("vendor/Other.java", OTHER_DRIVER.formatted(more))
                .provides(DRIVER, "vendor.Other")
                .build();
    }

    private String start(String adapter, Path... vendors) throws Exception {
        Path starter = new SmallJar(directory, "starter.jar")
                .source("product/Starter.java", STARTER)
                .build();
        Map<String, String> keys = new HashMap<>(Map.of("resilver.coordination.mode", "external"));
        if (!adapter.equals(NO_NAME)) {
            keys.put("resilver.adapter.name", adapter);
        }
        List<Path> classPath = PackagedJars.pluginClassPathAnd(vendors);
        classPath.add(starter);
        try (URLClassLoader host = PackagedJars.loader(classPath)) {
            @SuppressWarnings("unchecked")
            BiFunction<Path, Map<String, String>, String> product = (BiFunction<Path, Map<String, String>, String>)
                    host.loadClass("product.Starter").getConstructor().newInstance();
            return product.apply(directory.resolve("data"), keys);
        }
    }

    private static String in(Path jar) {
        return " in " + jar.toUri().toString().replace("file:///", "file:/");
    }

    @Test
    @DisplayName("Section 3: the plugin without an adapter says that none is there")
    void noAdapter() throws Exception {
        assertThat(start(NO_NAME))
                .isEqualTo("PermanentException: there is no storage adapter provider: add a jar that has one."
                        + " Present: none.");
    }

    @Test
    @DisplayName("Section 3: of two adapters and no name, name, class and jar of each are listed; a name chooses")
    void twoAdapters() throws Exception {
        assertThat(start(NO_NAME, left, right))
                .startsWith("PermanentException: ")
                .contains("set resilver.adapter.name")
                .contains("'left' (vendor.Left" + in(left) + "); 'right' (vendor.Right" + in(right) + ")");
        assertThat(start("right", left, right)).isEqualTo("ResourceExhaustedException: right was opened");
    }

    @Test
    @DisplayName("Section 3: broken jars hide no whole one, also when all of them stand before it")
    void brokenHidesNoOther() throws Exception {
        assertThat(start(NO_NAME, gone(), throwing(), parentless(), left))
                .isEqualTo("ResourceExhaustedException: left was opened");
    }

    @Test
    @DisplayName("Section 3: where only broken ones are, class, jar and error of each are listed")
    void onlyBrokenOnes() throws Exception {
        Path gone = gone();
        Path throwing = throwing();
        Path parentless = parentless();
        assertThat(start(NO_NAME, gone, throwing, parentless))
                .startsWith("PermanentException: there is no storage adapter provider")
                .contains("vendor.Gone" + in(gone) + ": ")
                .contains("vendor.Throwing" + in(throwing) + ": ", "IllegalStateException: no licence")
                .contains("vendor.Child" + in(parentless) + ": ", "NoClassDefFoundError: vendor/Parent");
    }

    @Test
    @DisplayName("Section 3: an adapter for a newer SPI is refused with both versions and its jar, and hides no other")
    void newerSpi() throws Exception {
        Path newer = vendor("Newer", "public SpiVersion spiVersion() { return new SpiVersion(0, 2); }")
                .build();
        assertThat(start("newer", newer, left))
                .startsWith("PermanentException: ")
                .contains("'newer' (vendor.Newer" + in(newer) + ")")
                .contains("SPI 0.2", "this is 0.1");
        assertThat(start("left", newer, left)).isEqualTo("ResourceExhaustedException: left was opened");
    }

    @Test
    @DisplayName("Section 3: beside another driver, name, class and jar of both are listed")
    void twoDrivers() throws Exception {
        Path other = otherDriver("");
        assertThat(start(NO_NAME, other, left))
                .startsWith("PermanentException: there is more than one recovery driver")
                .contains("'resilver' (io.resilver.plugin.driver.ResilverDriverProvider" + in(PackagedJars.PLUGIN))
                .contains("'other' (vendor.Other" + in(other));
    }

    @Test
    @DisplayName("Section 3: a broken driver jar does not hide the plugin")
    void brokenDriver() throws Exception {
        Path other = otherDriver("public Other() { throw new IllegalStateException(); }");
        assertThat(start(NO_NAME, other, left)).isEqualTo("ResourceExhaustedException: left was opened");
    }
}
