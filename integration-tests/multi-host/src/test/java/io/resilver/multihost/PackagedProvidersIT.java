package io.resilver.multihost;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a host finds in the packaged jars. */
class PackagedProvidersIT {
    private static final String DRIVER = "io.resilver.spi.driver.RecoveryDriverProvider";
    private static final String ADAPTER = "io.resilver.spi.storage.StorageAdapterProvider";
    private static final String POLICY = "io.resilver.spi.policy.RecoveryPolicyProvider";
    private static final String SINK = "io.resilver.spi.event.EventSinkProvider";

    private static final String SERVICES = "META-INF/services/";

    @Test
    @DisplayName(
            "Section 3: the plugin and what it needs at run time offer the driver, a policy and a sink, and no adapter")
    void thePluginAlone() throws Exception {
        try (URLClassLoader loader = PackagedJars.loader(PackagedJars.pluginClassPath())) {
            assertThat(offered(loader, DRIVER)).containsExactly(Map.entry("resilver", PackagedJars.PLUGIN));
            assertThat(offered(loader, POLICY)).containsExactly(Map.entry("default", PackagedJars.PLUGIN));
            assertThat(offered(loader, SINK)).containsExactly(Map.entry("slf4j", PackagedJars.PLUGIN));
            assertThat(offered(loader, ADAPTER)).isEmpty();
        }
    }

    @Test
    @DisplayName("Sections 3 and 9: the reference host's jar adds its adapter, policy and sink")
    void withTheReferenceHost() throws Exception {
        try (URLClassLoader loader = PackagedJars.loader(PackagedJars.pluginClassPathAnd(PackagedJars.HOST))) {
            assertThat(offered(loader, DRIVER)).containsExactly(Map.entry("resilver", PackagedJars.PLUGIN));
            assertThat(offered(loader, ADAPTER)).containsExactly(Map.entry("file", PackagedJars.HOST));
            assertThat(offered(loader, POLICY))
                    .containsExactly(Map.entry("default", PackagedJars.PLUGIN), Map.entry("host", PackagedJars.HOST));
            assertThat(offered(loader, SINK))
                    .containsExactly(Map.entry("slf4j", PackagedJars.PLUGIN), Map.entry("host", PackagedJars.HOST));
        }
    }

    /** Name and jar of each provider, in the order of the class path. */
    private static List<Map.Entry<String, Path>> offered(ClassLoader loader, String service) throws Exception {
        List<Map.Entry<String, Path>> all = new ArrayList<>();
        for (Object each : ServiceLoader.load(loader.loadClass(service), loader)) {
            Path jar = Path.of(each.getClass()
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            all.add(Map.entry((String) each.getClass().getMethod("name").invoke(each), jar));
        }
        return all;
    }

    static Stream<Arguments> packaged() {
        return Stream.of(
                Arguments.of("plugin-impl", PackagedJars.PLUGIN), Arguments.of("reference-host", PackagedJars.HOST));
    }

    @ParameterizedTest
    @MethodSource("packaged")
    @DisplayName("Section 2: the provider files of a jar are those of META-INF-services, and nothing else")
    void providerFiles(String folder, Path jar) throws Exception {
        assertThat(servicesIn(jar))
                .isNotEmpty()
                .isEqualTo(
                        filesOf(PackagedJars.ROOT.resolve("META-INF-services").resolve(folder)));
    }

    private static Map<String, String> servicesIn(Path path) throws IOException {
        Map<String, String> found = new TreeMap<>();
        try (JarFile jar = new JarFile(path.toFile())) {
            for (JarEntry each : jar.stream().toList()) {
                if (each.getName().startsWith(SERVICES) && !each.isDirectory()) {
                    found.put(
                            each.getName().substring(SERVICES.length()),
                            new String(jar.getInputStream(each).readAllBytes(), StandardCharsets.UTF_8));
                }
            }
        }
        return found;
    }

    private static Map<String, String> filesOf(Path folder) throws IOException {
        Map<String, String> found = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path each : files.toList()) {
                found.put(each.getFileName().toString(), Files.readString(each));
            }
        }
        return found;
    }

    @Test
    @DisplayName(
            "Section 3: the SPI's jar is the module io.resilver.spi, which requires java.base alone and keeps one package")
    void theSpiIsAModule() {
        ModuleDescriptor spi = moduleIn(PackagedJars.SPI);
        assertThat(spi.name()).isEqualTo("io.resilver.spi");
        assertThat(spi.isAutomatic()).isFalse();
        assertThat(spi.requires().stream().map(ModuleDescriptor.Requires::name)).containsExactly("java.base");
        assertThat(spi.uses()).containsExactlyInAnyOrder(DRIVER, ADAPTER, POLICY, SINK);
        List<String> exported =
                spi.exports().stream().map(ModuleDescriptor.Exports::source).toList();
        assertThat(spi.packages().stream().filter(each -> !exported.contains(each)))
                .containsExactly("io.resilver.spi.search");
        assertThat(spi.exports().stream().filter(ModuleDescriptor.Exports::isQualified))
                .isEmpty();
    }

    @Test
    @DisplayName("Section 3: the plugin's jar has the automatic module name io.resilver.plugin")
    void thePluginHasAnAutomaticName() throws Exception {
        ModuleDescriptor plugin = moduleIn(PackagedJars.PLUGIN);
        assertThat(plugin.name()).isEqualTo("io.resilver.plugin");
        assertThat(plugin.isAutomatic()).isTrue();
        try (JarFile jar = new JarFile(PackagedJars.PLUGIN.toFile())) {
            assertThat(jar.getManifest().getMainAttributes().getValue("Automatic-Module-Name"))
                    .isEqualTo("io.resilver.plugin");
        }
    }

    private static ModuleDescriptor moduleIn(Path jar) {
        return ModuleFinder.of(jar).findAll().iterator().next().descriptor();
    }
}
