package io.resilver.multihost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Host products that compile against the SPI's jar alone, and run with the packaged plugin. */
class HostProductIT {
    private static final String LEADS = "leads vol at epoch 7";

    /** What the README leaves to its reader: imports, and the host's own volume, metrics, store and acknowledgement. */
    private static final String AROUND_THE_README = """
            package readme;
            import com.codahale.metrics.MetricRegistry;
            import io.resilver.spi.driver.*;
            import io.resilver.spi.model.*;
            import java.nio.file.Path;
            final class Lines {
                interface Store {
                    long append(LineageElement writer, byte[] data);
                    long flush();
                }
                void run(VolumeId volume, MetricRegistry metrics, Store store, byte[] data, Runnable acknowledge)
                        throws Exception {
                    long lsn;
                    %s
                }
            }
            """;

    @TempDir
    Path directory;

    private static String resource(String name) throws IOException {
        try (var in = HostProductIT.class.getResourceAsStream("/product/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    @DisplayName(
            "Section 3: a host compiled against the SPI's jar alone opens the packaged plugin; closed, no thread is left")
    void onTheClassPath() throws Exception {
        Path product = new SmallJar(directory, "product.jar")
                .source("product/SmallProduct.java", resource("SmallProduct.java"))
                .build();
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        try (URLClassLoader loader = PackagedJars.loader(PackagedJars.pluginClassPathAnd(PackagedJars.HOST, product))) {
            Callable<?> host = (Callable<?>) loader.loadClass("product.SmallProduct")
                    .getConstructor(Path.class)
                    .newInstance(directory.resolve("data"));
            assertThat(host.call()).isEqualTo(LEADS);
            // A thread that has been told to end may take a moment to be gone.
            await().pollInSameThread()
                    .atMost(Duration.ofSeconds(10))
                    .untilAsserted(() ->
                            assertThat(Thread.getAllStackTraces().keySet()).allMatch(before::contains));
        }
    }

    @Test
    @DisplayName(
            "Section 3: a host that is a named module requires io.resilver.spi, and finds the plugin on the class path")
    void asANamedModule() throws Exception {
        Path product = new SmallJar(directory, "product.jar")
                .source("module-info.java", resource("module-info.java"))
                .source("product/SmallProduct.java", resource("SmallProduct.java"))
                .build("--module-path", PackagedJars.SPI.toString());
        List<Path> classPath = PackagedJars.pluginClassPathAnd(PackagedJars.HOST);
        assertThat(classPath.remove(PackagedJars.SPI)).isTrue();
        Process process = ChildJvm.start(
                directory,
                "--module-path",
                PackagedJars.joined(List.of(PackagedJars.SPI, product)),
                // The plugin on the class path requires nothing by a descriptor: it needs the JDK's usual modules.
                "--add-modules",
                "ALL-DEFAULT",
                "--class-path",
                PackagedJars.joined(classPath),
                "--module",
                "product/product.SmallProduct",
                directory.resolve("data").toString());
        try {
            assertThat(process.inputReader().readLine())
                    .as(ChildJvm.errors(directory))
                    .isEqualTo(LEADS);
            assertThat(process.waitFor()).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    @DisplayName("the README's lines compile against the SPI's jar and the host's own metric registry")
    void theReadmeCompiles() throws Exception {
        Matcher block = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(PackagedJars.ROOT.resolve("README.md")));
        assertThat(block.find()).isTrue();
        Path metrics = PackagedJars.pluginClassPath().stream()
                .filter(each -> each.getFileName().toString().startsWith("metrics-core-"))
                .findFirst()
                .orElseThrow();
        new SmallJar(directory, "readme.jar")
                .source("readme/Lines.java", AROUND_THE_README.formatted(block.group(1)))
                .build("--class-path", PackagedJars.joined(List.of(PackagedJars.SPI, metrics)));
        assertThat(block.find())
                .as("a second block, which this test does not know")
                .isFalse();
    }
}
