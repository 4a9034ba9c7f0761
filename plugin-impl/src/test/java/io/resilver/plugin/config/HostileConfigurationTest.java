package io.resilver.plugin.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.hostile.Inputs;
import io.resilver.hostile.Mutator;
import io.resilver.spi.error.PermanentException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Keys and values that are nearly right. */
class HostileConfigurationTest {
    private static final List<String> VALUES = List.of(
            "5", "0", "-1", "9223372036854775807", "true", "external", "zookeeper", "127.0.0.1:2181", "a,b", "");

    private static final long MOST_BYTES = 2 << 20;

    @Test
    @DisplayName("R51: a configuration is taken, or refused by one error that names a key that was given or is missing")
    void nearlyRight() {
        int[] taken = new int[1];
        Inputs.tried(1, MOST_BYTES, random -> {
            Map<String, String> given = given(random);
            try {
                DriverConfiguration.read(given);
                taken[0]++;
            } catch (PermanentException refused) {
                assertThat(refused).hasMessageMatching("(?s).*\\S.*");
                assertThat(given.keySet().stream()
                                        .anyMatch(key -> String.valueOf(refused.getMessage())
                                                .contains(key.strip()))
                                || String.valueOf(refused.getMessage()).contains("resilver."))
                        .as(refused.getMessage())
                        .isTrue();
            }
        });
        assertThat(taken[0]).isPositive();
    }

    private static Map<String, String> given(Random random) {
        Mutator mutator = new Mutator(random);
        Map<String, String> given = new HashMap<>();
        given.put("resilver.coordination.mode", "external");
        for (int i = random.nextInt(4); i > 0; i--) {
            String key = DriverConfiguration.KEYS
                    .get(random.nextInt(DriverConfiguration.KEYS.size()))
                    .name();
            String value = VALUES.get(random.nextInt(VALUES.size()));
            given.put(
                    random.nextInt(4) == 0 ? mutated(mutator, key, value) : key,
                    random.nextInt(3) == 0 ? mutated(mutator, value, key) : value);
        }
        return given;
    }

    private static String mutated(Mutator mutator, String text, String other) {
        return new String(
                mutator.mutate(text.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8)),
                StandardCharsets.UTF_8);
    }
}
