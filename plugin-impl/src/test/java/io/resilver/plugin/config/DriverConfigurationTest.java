package io.resilver.plugin.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.model.Endpoint;
import io.resilver.transport.tls.TlsFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DriverConfigurationTest {
    private static final String CONNECT = "resilver.coordination.connect";

    @Test
    void withNothingButAnEnsembleEveryKeyHasAValue() throws Exception {
        DriverConfiguration read = DriverConfiguration.read(Map.of(CONNECT, "zk:2181"));
        for (Key<?> key : DriverConfiguration.KEYS) {
            assertThat((Object) read.get(key)).as(key.name()).isNotNull();
        }
        assertThat(read.get(DriverConfiguration.COORDINATION_CONNECT)).contains("zk:2181");
        assertThat(read.get(DriverConfiguration.TRANSPORT_WINDOW)).isEqualTo(8 << 20);
        assertThat(read.get(DriverConfiguration.COORDINATION_SESSION_TIMEOUT)).isEqualTo(Duration.ofSeconds(6));
        assertThat(read.get(DriverConfiguration.EVENT_SINKS)).isEmpty();
    }

    @Test
    void spacesAroundAValueMeanNothing() throws Exception {
        assertThat(read("resilver.transport.port", " 7001\t").get(DriverConfiguration.TRANSPORT_PORT))
                .isEqualTo(7001);
    }

    @Test
    @DisplayName("R4: where others reach a host may be another place than where it listens, of either address version")
    void advertised() throws Exception {
        assertThat(DriverConfiguration.read(Map.of(CONNECT, "zk:2181")).get(DriverConfiguration.TRANSPORT_ADVERTISE))
                .isEmpty();
        assertThat(read("resilver.transport.advertise", " proxy.example:7001 ")
                        .get(DriverConfiguration.TRANSPORT_ADVERTISE))
                .contains(new Endpoint("proxy.example", 7001));
        assertThat(read("resilver.transport.advertise", "fe80::1:7001").get(DriverConfiguration.TRANSPORT_ADVERTISE))
                .contains(new Endpoint("fe80::1", 7001));
    }

    @Test
    void aListThatIsNotSetIsAnotherThingThanAnEmptyOne() throws Exception {
        assertThat(read("resilver.events.sinks", "").get(DriverConfiguration.EVENT_SINKS))
                .contains(List.of());
        assertThat(read("resilver.events.sinks", "slf4j, audit").get(DriverConfiguration.EVENT_SINKS))
                .contains(List.of("slf4j", "audit"));
    }

    @ParameterizedTest
    @CsvSource({
        "resilver.transport.port, 65536, 0 to 65535",
        "resilver.transport.port, -1, 0 to 65535",
        "resilver.transport.port, 80.5, 0 to 65535",
        "resilver.transport.port, '', 0 to 65535",
        "resilver.transport.port, 99999999999999999999, 0 to 65535",
        "resilver.transport.address, ' ', text",
        "resilver.transport.advertise, proxy, host:port",
        "resilver.transport.advertise, :7001, host:port",
        "resilver.transport.advertise, proxy:, host:port",
        "resilver.transport.advertise, proxy:65536, host:port",
        "resilver.transport.advertise, a host:7001, host:port",
        "resilver.coordination.mode, etcd, zookeeper or external",
        "resilver.coordination.mode, ZOOKEEPER, zookeeper or external",
        "resilver.coordination.session-timeout-ms, 6s, of ms",
        "resilver.recovery.slots, 0, 1 to 1024",
        "resilver.events.sinks, 'a,,b', commas",
        "resilver.events.sinks, 'a,a', commas",
    })
    void aMalformedValueIsRefusedWithKeyValueAndForm(String key, String value, String form) {
        assertThatThrownBy(() -> read(key, value))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining(key)
                .hasMessageContaining("'" + value.strip() + "'")
                .hasMessageContaining(form);
    }

    @ParameterizedTest
    @CsvSource({
        "resilver.transport.prot, resilver.transport.port",
        "resilver.transport.window-byte, resilver.transport.window-bytes",
        "reslver.recovery.slots, resilver.recovery.slots",
        "resilver.coordination.timeout-ms, resilver.coordination.silence-ms",
        "resilver.policy.default, resilver.policy.name",
        "resilver.adapter.file., resilver.adapter.name",
    })
    void anUnknownKeyIsRefusedWithItsValueAndTheNearestKey(String key, String nearest) {
        assertThatThrownBy(() -> read(key, "17"))
                .isInstanceOf(PermanentException.class)
                .hasMessage("configuration key " + key + " = '17' is unknown: did you mean " + nearest + "?");
    }

    @Test
    void aMissingConnectStringIsNamed() {
        assertThatThrownBy(() -> DriverConfiguration.read(Map.of()))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining(CONNECT + " is missing");
    }

    @Test
    @DisplayName("R54: TLS is set whole or not at all: a key alone would leave a host that believes it is protected")
    void tlsIsSetWhole() throws Exception {
        assertThat(read("resilver.transport.port", "0").tlsFiles()).isEmpty();
        assertThatThrownBy(() -> read("resilver.transport.tls-trust-file", "trust.pem"))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("resilver.transport.tls-certificate-file is missing");
        assertThat(DriverConfiguration.read(Map.of(
                                CONNECT,
                                "zk:2181",
                                "resilver.transport.tls-certificate-file",
                                "a.pem",
                                "resilver.transport.tls-key-file",
                                "a.key",
                                "resilver.transport.tls-trust-file",
                                "trust.pem"))
                        .tlsFiles())
                .contains(new TlsFiles(Path.of("a.pem"), Path.of("a.key"), Path.of("trust.pem")));
    }

    @Test
    void aHostWithItsOwnAuthorityNeedsNoEnsemble() throws Exception {
        DriverConfiguration read = DriverConfiguration.read(Map.of("resilver.coordination.mode", "external"));
        assertThat(read.get(DriverConfiguration.COORDINATION_MODE)).isEqualTo(Coordination.EXTERNAL);
        assertThat(read.get(DriverConfiguration.COORDINATION_CONNECT)).isEqualTo(Optional.empty());
    }

    @ParameterizedTest
    @CsvSource({
        "resilver.recovery.buffer-bytes, 8388607, resilver.transport.window-bytes",
        "resilver.transport.window-bytes, 1048575, resilver.recovery.batch-bytes",
        "resilver.coordination.session-timeout-ms, 999, resilver.coordination.heartbeat-ms",
        "resilver.coordination.silence-ms, 499, resilver.coordination.heartbeat-ms",
        "resilver.coordination.read-lease-ms, 499, resilver.coordination.heartbeat-ms",
    })
    void valuesThatDoNotFitTogetherAreRefusedAndOneMoreIsAllowed(String key, long value, String other)
            throws Exception {
        assertThatThrownBy(() -> read(key, Long.toString(value)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining(key + " = " + value)
                .hasMessageContaining(other + " = ");
        read(key, Long.toString(value + 1));
    }

    @Property(tries = 200)
    void theEditDistanceIsADistance(
            @ForAll @AlphaChars @StringLength(max = 8) String a,
            @ForAll @AlphaChars @StringLength(max = 8) String b,
            @ForAll @AlphaChars @StringLength(max = 8) String c) {
        assertThat(NearestKey.distance(a, a)).isZero();
        assertThat(NearestKey.distance(a, b)).isEqualTo(NearestKey.distance(b, a));
        assertThat(NearestKey.distance(a, b))
                .isBetween(Math.abs(a.length() - b.length()), Math.max(a.length(), b.length()));
        assertThat(NearestKey.distance(a, c))
                .isLessThanOrEqualTo(NearestKey.distance(a, b) + NearestKey.distance(b, c));
        assertThat(NearestKey.distance(a + b + c, a + c)).isEqualTo(b.length());
    }

    @ParameterizedTest
    @CsvSource({
        "resilver.coordination.user, cluster, resilver.coordination.password-file is missing",
        "resilver.coordination.password-file, /secret, resilver.coordination.user is missing",
        "resilver.coordination.tls-identity-file, /own.pem, resilver.coordination.tls-trust-file is missing",
    })
    @DisplayName(
            "R43: half an identity, or a certificate that nothing would use, is refused by the key that is missing")
    void whatSecuresZooKeeperIsSetTogether(String key, String value, String why) {
        assertThatThrownBy(() -> read(key, value))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining(why);
    }

    private static DriverConfiguration read(String key, String value) throws PermanentException {
        Map<String, String> all = new HashMap<>(Map.of(CONNECT, "zk:2181"));
        all.put(key, value);
        return DriverConfiguration.read(all);
    }
}
