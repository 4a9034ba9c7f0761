package io.resilver.plugin.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.spi.error.PermanentException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProviderKeysTest {
    @Test
    void aProviderSeesItsOwnKeysWithoutTheirPrefix() throws Exception {
        ProviderKeys keys = keys("resilver.adapter.file.segment-bytes", "512", "resilver.adapter.files.x", "1");
        ScopedConfiguration scope = keys.scope("adapter", "file");
        assertThat(scope.keys()).containsExactly("segment-bytes");
        assertThat(scope.number("segment-bytes", 1, 1, 1024)).isEqualTo(512);
        assertThat(scope.text("x")).isEmpty();
    }

    @Test
    void valuesAreTypedAndDefaultsStandForWhatIsNotSet() throws Exception {
        ScopedConfiguration scope = keys("resilver.adapter.a.wait-ms", "20", "resilver.adapter.a.sync", "false")
                .scope("adapter", "a");
        assertThat(scope.millis("wait-ms", Duration.ZERO)).isEqualTo(Duration.ofMillis(20));
        assertThat(scope.millis("other-ms", Duration.ofSeconds(3))).isEqualTo(Duration.ofSeconds(3));
        assertThat(scope.flag("sync", true)).isFalse();
        assertThat(scope.flag("other", true)).isTrue();
        assertThat(scope.number("count", -5, 0, 1)).isEqualTo(-5);
    }

    @Test
    void aMalformedValueIsRefusedWithFullKeyValueAndBounds() throws Exception {
        ScopedConfiguration scope =
                keys("resilver.events.a.n", "9", "resilver.events.a.f", "yes").scope("events", "a");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> scope.number("n", 1, 1, 8))
                .withMessage("resilver.events.a.n = '9' is not allowed: it must be a whole number, 1 to 8");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> scope.millis("f", Duration.ZERO))
                .withMessageContaining("resilver.events.a.f = 'yes'")
                .withMessageContaining("milliseconds");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> scope.flag("f", true))
                .withMessage("resilver.events.a.f = 'yes' is not allowed: it must be true or false");
    }

    @Test
    void aDurationThatWouldOverflowWhereItIsUsedIsRefused() throws Exception {
        ScopedConfiguration scope =
                keys("resilver.events.a.n-ms", Long.toString(Long.MAX_VALUE)).scope("events", "a");
        assertThatIllegalArgumentException().isThrownBy(() -> scope.millis("n-ms", Duration.ZERO));
    }

    @Test
    void aKeyThatNobodyAskedForIsRefusedWithTheNearestOneThatSomebodyDid() throws Exception {
        ProviderKeys keys = keys("resilver.adapter.file.segment-byte", "512");
        ScopedConfiguration scope = keys.scope("adapter", "file");
        scope.number("segment-bytes", 1, 1, 1024);
        scope.text("directory");
        assertThatThrownBy(keys::refuseUnknown)
                .isInstanceOf(PermanentException.class)
                .hasMessage("configuration key resilver.adapter.file.segment-byte = '512' is unknown:"
                        + " did you mean resilver.adapter.file.segment-bytes?");
    }

    @Test
    void aKeyOfAProviderThatIsNotOpenIsRefused() throws Exception {
        ProviderKeys keys = keys("resilver.adapter.fiel.x", "512");
        keys.scope("adapter", "file").text("x");
        assertThatThrownBy(keys::refuseUnknown).hasMessageContaining("did you mean resilver.adapter.file.x?");
    }

    @Test
    void aKeyIsRefusedAlsoWhenNobodyAsksForAny() throws Exception {
        assertThatThrownBy(keys("resilver.adapter.a.x", "1")::refuseUnknown)
                .hasMessage("configuration key resilver.adapter.a.x = '1' is unknown: remove it");
    }

    @Test
    void keysThatWereAskedForAreAccepted() throws Exception {
        ProviderKeys keys = keys("resilver.policy.default.pin-bytes", "1");
        keys.scope("policy", "default").text("pin-bytes");
        keys.refuseUnknown();
    }

    private static ProviderKeys keys(String... keysAndValues) throws PermanentException {
        Map<String, String> all = new HashMap<>(Map.of("resilver.coordination.mode", "external"));
        for (int i = 0; i < keysAndValues.length; i += 2) {
            all.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        return DriverConfiguration.read(all).ofProviders();
    }
}
