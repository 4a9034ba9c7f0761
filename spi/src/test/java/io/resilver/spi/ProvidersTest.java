package io.resilver.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.storage.StorageAdapterProvider;
import io.resilver.spi.vendor.AdapterOfA;
import io.resilver.spi.vendor.AdapterOfB;
import io.resilver.spi.vendor.AdapterOfNewerSpi;
import io.resilver.spi.vendor.AdapterThatThrows;
import io.resilver.spi.vendor.AdapterWithoutName;
import io.resilver.spi.vendor.AdapterWithoutVersion;
import io.resilver.spi.vendor.DriverOfA;
import java.io.IOException;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Section 3 of the design, "Selection", with real jars. */
class ProvidersTest {
    private static final String KEY = "resilver.adapter.name";

    @TempDir
    Path directory;

    private VendorJars jars;

    @BeforeEach
    void begin() {
        jars = new VendorJars(directory);
    }

    @AfterEach
    void close() throws IOException {
        jars.close();
    }

    @Test
    void theOnlyProviderNeedsNoName() throws Exception {
        jar("a.jar", AdapterOfA.class);
        assertThat(find().select(Optional.empty(), KEY).name()).isEqualTo("a");
    }

    @Test
    void aNameChoosesAmongSeveral() throws Exception {
        jar("a.jar", AdapterOfA.class);
        jar("b.jar", AdapterOfB.class);
        assertThat(find().select(Optional.of("b"), KEY).name()).isEqualTo("b");
    }

    @Test
    void severalAndNoNameAreRefusedWithNameClassAndJarOfEach() throws Exception {
        jar("a.jar", AdapterOfA.class);
        jar("b.jar", AdapterOfB.class);
        assertThatThrownBy(() -> find().select(Optional.empty(), KEY))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("set " + KEY)
                .hasMessageContaining("'a' (" + AdapterOfA.class.getName() + " in ")
                .hasMessageContaining("a.jar")
                .hasMessageContaining("'b' (" + AdapterOfB.class.getName() + " in ")
                .hasMessageContaining("b.jar");
    }

    @Test
    void noneIsRefusedWithWhatToDo() {
        assertThatThrownBy(() -> find().select(Optional.empty(), KEY))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("there is no storage adapter provider: add a jar")
                .hasMessageContaining("Present: none");
    }

    @Test
    void aNameThatIsNotThereIsRefusedWithWhatIs() throws Exception {
        jar("a.jar", AdapterOfA.class);
        assertThatThrownBy(() -> find().select(Optional.of("c"), KEY))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("'c'")
                .hasMessageContaining(KEY)
                .hasMessageContaining("'a' (" + AdapterOfA.class.getName());
    }

    @Test
    void oneNameInTwoJarsIsRefusedWithBothJars() throws Exception {
        ClassLoader first = new VendorJars(Files.createDirectory(directory.resolve("1")))
                .jar("first.jar", StorageAdapterProvider.class, List.of(AdapterOfA.class.getName()), AdapterOfA.class)
                .loader();
        ClassLoader second = new VendorJars(Files.createDirectory(directory.resolve("2")))
                .jar("second.jar", StorageAdapterProvider.class, List.of(AdapterOfA.class.getName()), AdapterOfA.class)
                .loader();
        try (URLClassLoader one = (URLClassLoader) first;
                URLClassLoader two = (URLClassLoader) second) {
            Providers<StorageAdapterProvider> both = new Providers<>(
                    "storage adapter",
                    List.of(find(one).found().get(0), find(two).found().get(0)),
                    List.of());
            assertThatThrownBy(() -> both.select(Optional.of("a"), KEY))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("keep one of their jars")
                    .hasMessageContaining("first.jar")
                    .hasMessageContaining("second.jar");
        }
    }

    @Test
    @DisplayName("One broken provider never hides the others, whichever way it is broken and wherever it stands")
    void aBrokenProviderHidesNoOther() throws Exception {
        jar("throws.jar", AdapterThatThrows.class, AdapterOfA.class);
        jars.jar("gone.jar", StorageAdapterProvider.class, List.of("io.resilver.spi.vendor.Gone"));
        jar("wrong.jar", DriverOfA.class);
        jars.jar("text.jar", StorageAdapterProvider.class, List.of("not a class name"));
        jar("nameless.jar", AdapterWithoutName.class);
        jar("b.jar", AdapterOfB.class);
        Providers<StorageAdapterProvider> found = find();
        assertThat(found.found().stream().map(Provider::name)).contains("b");
        assertThat(String.join("\n", found.broken()))
                .contains("AdapterThatThrows", "the licence file is missing")
                .contains("vendor.Gone")
                .contains("DriverOfA not a subtype")
                .contains("text.jar")
                .contains("AdapterWithoutName in file:", "/nameless.jar: its name is missing");
        assertThat(found.select(Optional.of("b"), KEY).name()).isEqualTo("b");
    }

    @Test
    void aClassThatAJarLacksBreaksThatProviderOnly() throws Exception {
        // AdapterOfB extends AdapterOfA, which no jar has.
        jar("b.jar", AdapterOfB.class);
        Providers<StorageAdapterProvider> found = find();
        assertThat(found.found()).isEmpty();
        assertThat(found.broken()).singleElement().asString().contains("NoClassDefFoundError", "AdapterOfA");
        assertThatThrownBy(() -> found.select(Optional.of("b"), KEY)).hasMessageContaining("Broken: ");
    }

    @Test
    @DisplayName("Section 3: class and jar of each broken provider are listed, whichever way it is broken")
    void classAndJarOfEachBrokenOneAreListed() throws Exception {
        // AdapterOfB extends AdapterOfA, which no jar has: the error itself does not name AdapterOfB.
        jar("parentless.jar", AdapterOfB.class);
        jars.jar(
                "gone.jar", StorageAdapterProvider.class, List.of("# none", "", " io.resilver.spi.vendor.Gone # gone"));
        jar("wrong.jar", DriverOfA.class);
        jars.jar("text.jar", StorageAdapterProvider.class, List.of("io.resilver.spi.vendor.Fine", "not a class name"));
        jar("parentless-too.jar", AdapterWithoutName.class);
        assertThat(find().broken())
                .satisfiesExactly(
                        parentless -> assertThat(parentless)
                                .contains(AdapterOfB.class.getName() + " in file:", "/parentless.jar: ", "AdapterOfA"),
                        gone -> assertThat(gone).contains("io.resilver.spi.vendor.Gone in file:", "/gone.jar: "),
                        wrong -> assertThat(wrong).contains(DriverOfA.class.getName() + " in file:", "/wrong.jar: "),
                        text -> assertThat(text).contains("/text.jar!/META-INF/services/"),
                        parentless -> assertThat(parentless)
                                .contains(
                                        AdapterWithoutName.class.getName() + " in file:",
                                        "/parentless-too.jar: ",
                                        "AdapterOfA"));
        jar("a.jar", AdapterOfA.class);
        assertThat(find().found().stream().map(Provider::name)).containsExactly("b", "a");
        assertThat(String.join("\n", find().broken()))
                .contains(AdapterWithoutName.class.getName() + " in file:", "/parentless-too.jar: its name is missing");
    }

    @Test
    @DisplayName("Section 3: a provider that cannot say its SPI version is refused with name, class and jar")
    void aProviderWithoutVersionIsRefused() throws Exception {
        jar("mute.jar", AdapterWithoutVersion.class, AdapterOfA.class);
        assertThatThrownBy(() -> find().select(Optional.empty(), KEY))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("'a' (" + AdapterWithoutVersion.class.getName() + " in ")
                .hasMessageContaining("mute.jar")
                .hasMessageContaining("NoSuchFieldError");
    }

    @Test
    void theSearchEndsAfterABoundedNumberOfBrokenOnes() throws Exception {
        for (int i = 0; i < 100; i++) {
            jars.jar("gone" + i + ".jar", StorageAdapterProvider.class, List.of("gone.N" + i));
        }
        assertThat(find().broken()).hasSize(64);
    }

    @Test
    void aProviderOfANewerSpiIsRefusedWithBothVersions() throws Exception {
        jar("newer.jar", AdapterOfNewerSpi.class, AdapterOfA.class);
        assertThatThrownBy(() -> find().select(Optional.empty(), KEY))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("newer.jar")
                .hasMessageContaining("SPI 0.2")
                .hasMessageContaining("this is 0.1");
    }

    @Test
    void theThreadsContextLoaderIsNotAsked() throws Exception {
        jar("a.jar", AdapterOfA.class);
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        Thread.currentThread().setContextClassLoader(jars.loader());
        try {
            assertThat(find(getClass().getClassLoader()).found()).isEmpty();
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    /** The first class is the provider; the others are only packed. */
    private void jar(String name, Class<?>... classes) throws IOException {
        jars.jar(name, StorageAdapterProvider.class, List.of(classes[0].getName()), classes);
    }

    private Providers<StorageAdapterProvider> find() {
        return find(jars.loader());
    }

    private static Providers<StorageAdapterProvider> find(ClassLoader loader) {
        return Providers.in("storage adapter", StorageAdapterProvider.class, loader);
    }
}
