package io.resilver.plugin.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.plugin.GeneratedPage;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConfigurationPageTest {
    private static final String HEAD = """
            # Configuration

            <!-- Made from io.resilver.plugin.config.DriverConfiguration. Do not edit: its test says how to write it again. -->

            A host passes these keys to the driver in `DriverOptions`. Everything is checked once, at start: a key that is unknown,
            missing or malformed stops the start with an error that names the key, its value and the nearest valid key. Spaces around
            a value mean nothing. The unit of a number is the suffix of its key.
            """;

    private static final String TAIL = """

            ## Keys of providers

            Keys that begin with `resilver.adapter.<name>.`, `resilver.policy.<name>.` or `resilver.events.<name>.` go to the storage
            adapter, recovery policy or event sink of that name, without this prefix. Which ones there are is said by the provider. A
            key that no open provider asked for is refused, also when it belongs to a provider that is present and not opened.

            These times and sizes must fit together, and start says so when they do not:

            - `resilver.recovery.buffer-bytes` holds at least one `resilver.transport.window-bytes`, and that at least one
              `resilver.recovery.batch-bytes`.
            - `resilver.coordination.session-timeout-ms` is at least 4 times `resilver.coordination.heartbeat-ms`;
              `resilver.coordination.silence-ms` and `resilver.coordination.read-lease-ms` are at least twice that.
            - The recovery policy's grace, `grace-ms` of the built-in ones, is at least half of `resilver.coordination.read-lease-ms`.
            """;

    @Test
    void thePageSaysWhatTheClassSays() {
        StringBuilder page = new StringBuilder(HEAD);
        String area = "";
        for (Key<?> key : DriverConfiguration.KEYS) {
            String here = key.name().split("\\.", 3)[1];
            if (!here.equals(area)) {
                area = here;
                page.append("\n## resilver.")
                        .append(area)
                        .append("\n\n| key | value | default | what it does |\n|---|---|---|---|\n");
            }
            page.append("| `%s` | %s | %s | %s |%n"
                    .formatted(
                            key.name(),
                            key.form(),
                            key.byDefault().map(d -> "`" + d + "`").orElse(""),
                            key.doc()));
        }
        GeneratedPage.check("configuration.md", page.append(TAIL).toString());
    }

    @Test
    void everyKeyOfTheClassIsInTheList() throws IllegalAccessException {
        List<Object> constants = new ArrayList<>();
        for (var field : DriverConfiguration.class.getDeclaredFields()) {
            if (field.getType() == Key.class && Modifier.isStatic(field.getModifiers())) {
                constants.add(field.get(null));
            }
        }
        assertThat(constants).hasSameElementsAs(DriverConfiguration.KEYS);
        assertThat(DriverConfiguration.KEYS).doesNotHaveDuplicates();
    }

    @Test
    void namesFollowTheRuleAndUnitsAreTheirSuffix() {
        for (Key<?> key : DriverConfiguration.KEYS) {
            assertThat(key.name()).matches("resilver\\.[a-z]+\\.[a-z-]+");
            assertThat(key.form().contains(" of ms"))
                    .as(key.name())
                    .isEqualTo(key.name().endsWith("-ms"));
            assertThat(key.doc()).as(key.name()).endsWith(".").doesNotContain("\n", "|");
        }
        assertThat(Arrays.asList("adapter", "policy", "events"))
                .allMatch(area -> ProviderKeys.isOfProvider("resilver." + area + ".file.x"));
    }
}
