package io.resilver.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resilver.spi.SpiVersion;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.storage.StorageAdapterProvider;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How a driver finds the adapter, and how it is configured. */
public interface ConfigurationTests extends TckArea {
    /** A driver finds the provider by its name among the services of the class path. */
    @Test
    default void required_theProviderIsFoundByItsName() {
        StorageAdapterProvider provider = bench().fixture().provider();
        assertEquals(provider.name(), provider.name(), "the same name at every call");
        assertTrue(provider.name().matches("[a-z0-9][a-z0-9._-]*"), "a name in lower case: " + provider.name());
        assertEquals(provider.name().toLowerCase(Locale.ROOT), provider.name(), "a name in lower case");
        ClassLoader loader = bench().fixture().getClass().getClassLoader();
        long found = ServiceLoader.load(StorageAdapterProvider.class, loader).stream()
                .filter(each -> each.get().name().equals(provider.name()))
                .count();
        assertEquals(
                1,
                found,
                "providers named " + provider.name() + " in META-INF/services/"
                        + StorageAdapterProvider.class.getName());
    }

    /** The provider was written for a version of the SPI that the driver of this version takes. */
    @Test
    default void required_theProviderIsOfThisSpi() {
        SpiVersion version = bench().fixture().provider().spiVersion();
        assertTrue(SpiVersion.CURRENT.accepts(version), "SPI " + SpiVersion.CURRENT + " and provider " + version);
    }

    /** Every key is asked for once the adapter is open: a driver refuses the others as unknown. */
    @Test
    default void required_everyKeyIsAskedFor() throws RecoveryException {
        bench().adapter();
        assertEquals(Set.of(), bench().engine().context().configuration().unknown(), "keys that nobody asked for");
    }

    /** A value that is not possible is refused at open, by its key, and nothing stays open. */
    @Test
    default void optional_anImpossibleValueIsRefusedByItsKey() throws IOException {
        Optional<Map.Entry<String, String>> setting = bench().fixture().impossibleSetting();
        if (!bench().offers(setting.isPresent())) {
            return;
        }
        String key = setting.orElseThrow().getKey();
        Map<String, String> keys = new HashMap<>(bench().fixture().configuration());
        keys.put(key, setting.orElseThrow().getValue());
        PermanentException refused = assertThrows(
                PermanentException.class,
                () -> Engine.open(bench().fixture(), bench().directory(), keys).close());
        String message = String.valueOf(refused.getMessage());
        assertTrue(message.contains(key), "the error names the key: " + message);
        assertEquals(List.of(), bench().fixture().openFiles(bench().directory()), "files that are still open");
    }
}
