package io.resilver.host.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.model.HostId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a host's properties file may say, and what it gets for anything else. */
class HostSettingsTest {
    private static final Map<String, String> GOOD = Map.of(
            "host.id", "a",
            "host.data", "/data",
            "host.volume", "v",
            "host.replicas", "a, b,c",
            "resilver.coordination.connect", "127.0.0.1:2181");

    private static Map<String, String> with(String key, String value) {
        Map<String, String> changed = new HashMap<>(GOOD);
        changed.put(key, value);
        return changed;
    }

    @Test
    void theHostsKeysAreReadAndTheDriversArePassedOn() throws Exception {
        HostSettings settings = HostSettings.of(GOOD);
        assertThat(settings.host()).isEqualTo(new HostId("a"));
        assertThat(settings.replicas()).containsExactly(new HostId("a"), new HostId("b"), new HostId("c"));
        assertThat(settings.leastInSync()).isEqualTo(1);
        assertThat(settings.replica(settings.host()).toString()).isEqualTo("v/a");
        assertThat(settings.driver()).containsOnlyKeys("resilver.coordination.connect");
    }

    @Test
    void anUnknownKeyIsRefusedByNameWithItsValue() {
        assertThatThrownBy(() -> HostSettings.of(with("host.volum", "x")))
                .isInstanceOf(PermanentException.class)
                .hasMessageContainingAll("host.volum = 'x'", "unknown", "host.volume");
    }

    @Test
    void aMissingKeyIsNamed() {
        for (String key : new String[] {"host.id", "host.data", "host.volume", "host.replicas"}) {
            Map<String, String> without = new HashMap<>(GOOD);
            without.remove(key);
            assertThatThrownBy(() -> HostSettings.of(without))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContainingAll(key, "missing");
        }
    }

    @Test
    void aMalformedValueIsNamedWithItsKey() {
        Map<String, String> wrong = Map.of(
                "host.id", "a b",
                "host.volume", "v/v",
                "host.replicas", "b,c",
                "host.least-in-sync", "4");
        wrong.forEach((key, value) -> assertThatThrownBy(() -> HostSettings.of(with(key, value)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContainingAll(key, "'" + value + "'"));
        assertThatThrownBy(() -> HostSettings.of(with("host.replicas", "a,a")))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("twice");
        assertThatThrownBy(() -> HostSettings.of(with("host.least-in-sync", "many")))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("'many'");
    }

    @Test
    void aFileThatIsNotThereIsNamed(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("host.properties");
        assertThatThrownBy(() -> HostSettings.read(file))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining(file.toString());
        Files.writeString(file, "host.id=a\nhost.data=/d\nhost.volume=v\nhost.replicas=a\n");
        assertThat(HostSettings.read(file).data()).isEqualTo(Path.of("/d"));
    }
}
