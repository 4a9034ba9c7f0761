package io.resilver.spi.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.spi.VendorJars;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.model.HostId;
import io.resilver.spi.vendor.DriverOfA;
import io.resilver.spi.vendor.DriverOfB;
import io.resilver.spi.vendor.DriverThatThrows;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host compiles against the SPI alone and finds the driver in the jar that it drops in. */
class RecoveryDriversTest {
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
    void theOnlyDriverIsOpenedWithTheHostsOptions() throws Exception {
        jar("a.jar", DriverOfA.class);
        assertThatThrownBy(this::open)
                .isInstanceOf(ResourceExhaustedException.class)
                .hasMessage("driver a was opened for h1");
    }

    @Test
    void noDriverSaysWhichJarIsMissing() {
        assertThatThrownBy(this::open).isInstanceOf(PermanentException.class).hasMessageContaining("resilver-plugin");
    }

    @Test
    void twoDriversAreBothNamed() throws Exception {
        jar("a.jar", DriverOfA.class);
        jar("b.jar", DriverOfB.class);
        assertThatThrownBy(this::open)
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining(DriverOfA.class.getName())
                .hasMessageContaining(DriverOfB.class.getName());
    }

    @Test
    @DisplayName("Section 3: several drivers are refused with name, class and jar of each")
    void ofSeveralDriversNameClassAndJarAreListed() throws Exception {
        jar("a.jar", DriverOfA.class);
        jar("b.jar", DriverOfB.class);
        jar("broken.jar", DriverThatThrows.class);
        assertThatThrownBy(this::open)
                .hasMessageContaining("'a' (" + DriverOfA.class.getName() + " in file:")
                .hasMessageContaining("/a.jar)")
                .hasMessageContaining("'a' (" + DriverOfB.class.getName() + " in file:")
                .hasMessageContaining("/b.jar)")
                .hasMessageContaining(DriverThatThrows.class.getName() + " in file:")
                .hasMessageContaining("/broken.jar: ");
    }

    @Test
    @DisplayName("Section 3: one broken driver never hides the other, wherever it stands")
    void aBrokenDriverHidesNoOther() throws Exception {
        jars.jar("gone.jar", RecoveryDriverProvider.class, List.of("io.resilver.spi.vendor.Gone"));
        jar("a.jar", DriverOfA.class);
        jar("broken.jar", DriverThatThrows.class);
        assertThatThrownBy(this::open)
                .isInstanceOf(ResourceExhaustedException.class)
                .hasMessage("driver a was opened for h1");
    }

    @Test
    void aBrokenDriverIsNamedWithItsCause() throws Exception {
        jar("broken.jar", DriverThatThrows.class, DriverOfA.class);
        assertThatThrownBy(this::open)
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining(DriverThatThrows.class.getName())
                .hasRootCauseMessage("a test's own");
    }

    @Test
    void optionsDoNotChangeOnceTheyAreBuilt() {
        DriverOptions.Builder builder =
                DriverOptions.builder(new HostId("h1"), Path.of("data")).set("a", "1");
        DriverOptions options = builder.build();
        builder.setAll(Map.of("b", "2")).lend(String.class, "lent");
        assertThat(options.configuration()).containsOnlyKeys("a");
        assertThat(options.lent(String.class)).isEmpty();
        assertThat(builder.build().lent(String.class)).contains("lent");
        assertThat(options.dataDirectory()).isAbsolute();
    }

    private void jar(String name, Class<?>... classes) throws IOException {
        jars.jar(name, RecoveryDriverProvider.class, List.of(classes[0].getName()), classes);
    }

    private RecoveryDriver open() throws Exception {
        return RecoveryDrivers.open(DriverOptions.builder(new HostId("h1"), directory)
                .loader(jars.loader())
                .build());
    }
}
