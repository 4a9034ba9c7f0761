package io.resilver.plugin.selection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.plugin.config.DriverConfiguration;
import io.resilver.plugin.events.NamedSink;
import io.resilver.spi.ProviderContext;
import io.resilver.spi.SpiVersion;
import io.resilver.spi.driver.DriverOptions;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.event.EventSink;
import io.resilver.spi.event.EventSinkProvider;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.policy.RecoveryPolicy;
import io.resilver.spi.policy.RecoveryPolicyProvider;
import io.resilver.spi.storage.Capability;
import io.resilver.spi.storage.StorageAdapter;
import io.resilver.spi.storage.StorageAdapterProvider;
import io.resilver.spi.storage.VolumeStore;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Section 3 of the design, "Selection": by name or the only one; nothing is left half started. */
class OpenProvidersTest {
    /** What the providers below did, in order. They are made by ServiceLoader, so there is no other way to reach them. */
    private static final List<String> DONE = new ArrayList<>();

    private static final List<ProviderContext> LENT = new ArrayList<>();

    @TempDir
    Path directory;

    private final Map<String, String> keys = new LinkedHashMap<>();
    private final Map<Class<?>, List<Class<?>>> services = new LinkedHashMap<>();

    @BeforeEach
    void begin() {
        DONE.clear();
        LENT.clear();
        keys.put("resilver.coordination.mode", "external");
        services.put(StorageAdapterProvider.class, List.of(Good.class));
    }

    @AfterEach
    void forget() {
        DONE.clear();
        LENT.clear();
    }

    @Test
    void withoutNamesTheOnlyAdapterTheBuiltInPolicyAndAllSinksAreOpened() throws Exception {
        services.put(EventSinkProvider.class, List.of(Audit.class));
        OpenProviders open = open();
        assertThat(open.adapter().capabilities()).isEmpty();
        assertThat(open.policy().getClass().getSimpleName()).isEqualTo("DefaultPolicy");
        assertThat(open.sinks().stream().map(NamedSink::name)).containsExactlyInAnyOrder("slf4j", "audit");
    }

    @Test
    void namesChoose() throws Exception {
        services.put(StorageAdapterProvider.class, List.of(Good.class, Other.class));
        services.put(EventSinkProvider.class, List.of(Audit.class));
        services.put(RecoveryPolicyProvider.class, List.of(Eager.class));
        keys.put("resilver.adapter.name", "other");
        keys.put("resilver.policy.name", "eager");
        keys.put("resilver.events.sinks", "audit");
        OpenProviders open = open();
        assertThat(DONE).containsExactly("open audit", "open eager", "open other");
        assertThat(open.sinks()).hasSize(1);
    }

    @Test
    void anEmptyListOpensNoSink() throws Exception {
        keys.put("resilver.events.sinks", "");
        assertThat(open().sinks()).isEmpty();
    }

    @Test
    void aProviderGetsItsOwnKeysAndDirectory() throws Exception {
        keys.put("resilver.adapter.good.size-bytes", "512");
        open();
        ProviderContext lent = LENT.get(0);
        assertThat(lent.host()).isEqualTo(new HostId("h1"));
        assertThat(lent.dataDirectory()).isEqualTo(directory.resolve("data").resolve("adapter-good"));
        assertThat(lent.dataDirectory()).isAbsolute().doesNotExist();
        assertThat(lent.configuration().keys()).containsExactly("size-bytes");
        assertThat(lent.clock().nanos()).isEqualTo(17);
    }

    @Test
    void twoAdaptersAndNoNameAreRefusedBeforeAnythingIsOpened() {
        services.put(StorageAdapterProvider.class, List.of(Good.class, Other.class));
        assertThatThrownBy(this::open)
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("set resilver.adapter.name")
                .hasMessageContaining("'good' (" + Good.class.getName())
                .hasMessageContaining("'other' (" + Other.class.getName());
        assertThat(DONE).isEmpty();
    }

    @Test
    void noAdapterIsRefusedAndTheBrokenOneIsListed() {
        services.put(StorageAdapterProvider.class, List.of(CannotBeMade.class));
        assertThatThrownBy(this::open)
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("there is no storage adapter provider")
                .hasMessageContaining(CannotBeMade.class.getName());
    }

    @Test
    void aBrokenProviderHidesNoOther() throws Exception {
        services.put(StorageAdapterProvider.class, List.of(CannotBeMade.class, CannotSayItsName.class, Good.class));
        open();
        assertThat(DONE).contains("open good");
    }

    @Test
    void aSinkThatIsNotThereIsNamed() {
        keys.put("resilver.events.sinks", "slf4j,audti");
        assertThatThrownBy(this::open)
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("'audti'")
                .hasMessageContaining("'slf4j'");
    }

    @Test
    void aProviderOfANewerSpiIsRefusedBeforeAnythingIsOpened() {
        services.put(StorageAdapterProvider.class, List.of(TooNew.class));
        assertThatThrownBy(this::open)
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("0.2")
                .hasMessageContaining("0.1");
        assertThat(DONE).isEmpty();
    }

    @Test
    void whenALaterOneFailsWhatWasOpenIsClosedLastFirst() {
        services.put(EventSinkProvider.class, List.of(Audit.class));
        services.put(RecoveryPolicyProvider.class, List.of(Eager.class));
        services.put(StorageAdapterProvider.class, List.of(FullDisk.class));
        keys.put("resilver.policy.name", "eager");
        keys.put("resilver.events.sinks", "audit");
        assertThatThrownBy(this::open)
                .isInstanceOf(ResourceExhaustedException.class)
                .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
        assertThat(DONE).containsExactly("open audit", "open eager", "close eager", "close audit");
    }

    @Test
    void anUncheckedExceptionNamesTheProvider() {
        services.put(StorageAdapterProvider.class, List.of(Throwing.class));
        assertThatThrownBy(this::open)
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("'throwing'")
                .hasMessageContaining(Throwing.class.getName())
                .hasMessageContaining("NoClassDefFoundError: vendor/Driver");
    }

    @Test
    void aProviderThatOpensNothingIsNamed() {
        services.put(StorageAdapterProvider.class, List.of(Nothing.class));
        assertThatThrownBy(this::open)
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("'nothing'")
                .hasMessageContaining("opened nothing");
    }

    @Test
    void aNameThatIsNoDirectoryIsRefused() {
        services.put(StorageAdapterProvider.class, List.of(Climbing.class));
        assertThatThrownBy(this::open)
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("'../up'")
                .hasMessageContaining("its name must match");
    }

    @Test
    void aMalformedKeyOfAProviderIsNamedInFull() {
        keys.put("resilver.adapter.good.size-bytes", "many");
        assertThatThrownBy(this::open)
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("resilver.adapter.good.size-bytes = 'many' is not allowed");
    }

    @Test
    void anUnknownKeyOfAProviderIsRefusedAndEverythingClosed() {
        keys.put("resilver.adapter.good.size-byte", "512");
        keys.put("resilver.events.sinks", "");
        assertThatThrownBy(this::open)
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("resilver.adapter.good.size-byte = '512' is unknown")
                .hasMessageContaining("did you mean resilver.adapter.good.size-bytes?");
        assertThat(DONE).containsExactly("open good", "close good");
    }

    private OpenProviders open() throws Exception {
        Path folder = Files.createDirectories(directory.resolve("services/META-INF/services"));
        for (var each : services.entrySet()) {
            Files.write(
                    folder.resolve(each.getKey().getName()),
                    each.getValue().stream().map(Class::getName).toList());
        }
        URL[] where = {directory.resolve("services").toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(where, getClass().getClassLoader())) {
            DriverOptions options = DriverOptions.builder(new HostId("h1"), directory.resolve("data"))
                    .loader(loader)
                    .setAll(keys)
                    .build();
            return OpenProviders.open(
                    options, DriverConfiguration.read(options.configuration()), () -> 17, Runnable::run);
        }
    }

    private static class Adapter implements StorageAdapter {
        private final String name;

        Adapter(String name) {
            this.name = name;
            DONE.add("open " + name);
        }

        @Override
        public Set<Capability> capabilities() {
            return Set.of();
        }

        @Override
        public VolumeStore open(ReplicaId replica, Incarnation incarnation) throws RecoveryException {
            throw new PermanentException("not in this test");
        }

        @Override
        public void close() {
            DONE.add("close " + name);
        }
    }

    public static class Good implements StorageAdapterProvider {
        @Override
        public String name() {
            return "good";
        }

        @Override
        public StorageAdapter open(ProviderContext context) throws RecoveryException {
            LENT.add(context);
            assertThat(context.configuration().number("size-bytes", 1, 1, 1024)).isPositive();
            return new Adapter(name());
        }
    }

    public static final class Other extends Good {
        @Override
        public String name() {
            return "other";
        }
    }

    public static final class Climbing extends Good {
        @Override
        public String name() {
            return "../up";
        }
    }

    public static final class TooNew extends Good {
        @Override
        public SpiVersion spiVersion() {
            return new SpiVersion(0, 2);
        }
    }

    public static final class CannotBeMade extends Good {
        public CannotBeMade() {
            throw new IllegalStateException("a test's own");
        }
    }

    public static final class CannotSayItsName extends Good {
        @Override
        public String name() {
            throw new AbstractMethodError("a test's own");
        }
    }

    public static final class FullDisk extends Good {
        @Override
        public String name() {
            return "full";
        }

        @Override
        public StorageAdapter open(ProviderContext context) throws RecoveryException {
            throw new ResourceExhaustedException("the disk is full", "disk");
        }
    }

    public static final class Throwing extends Good {
        @Override
        public String name() {
            return "throwing";
        }

        @Override
        public StorageAdapter open(ProviderContext context) {
            throw new NoClassDefFoundError("vendor/Driver");
        }
    }

    public static final class Nothing extends Good {
        @Override
        public String name() {
            return "nothing";
        }

        @Override
        public StorageAdapter open(ProviderContext context) {
            return null;
        }
    }

    public static final class Eager implements RecoveryPolicyProvider {
        @Override
        public String name() {
            return "eager";
        }

        @Override
        public RecoveryPolicy open(ProviderContext context) {
            DONE.add("open eager");
            return new RecoveryPolicy() {
                @Override
                public void close() {
                    DONE.add("close eager");
                    throw new IllegalStateException("a test's own");
                }
            };
        }
    }

    public static final class Audit implements EventSinkProvider {
        @Override
        public String name() {
            return "audit";
        }

        @Override
        public EventSink open(ProviderContext context) {
            DONE.add("open audit");
            return new EventSink() {
                @Override
                public void accept(RecoveryEvent event) {
                    DONE.add("event");
                }

                @Override
                public void close() {
                    DONE.add("close audit");
                }
            };
        }
    }
}
