package io.resilver.plugin.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.codahale.metrics.Counter;
import com.codahale.metrics.MetricRegistry;
import io.resilver.plugin.GeneratedPage;
import io.resilver.plugin.events.EventSamples;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.plan.Outcome;
import io.resilver.spi.plan.Reason;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class DriverMetricsTest {
    private static final String HEAD = """
            # Metrics

            <!-- Made from io.resilver.plugin.metrics.DriverMetric. Do not edit: its test says how to write it again. -->

            The driver registers these in the Dropwizard `MetricRegistry` that the host lends it (`DriverOptions.lend`), when it opens,
            and removes exactly these when it closes. Without a registry of the host's it uses a private one. There is no metric for a
            single replica: `status()` has that. Two drivers in one process need two registries.

            | name | kind | unit | what it says |
            |---|---|---|---|
            """;

    private final MetricRegistry registry = new MetricRegistry();
    private final DriverReadings readings = new FixedReadings();

    @Test
    void thePageListsExactlyWhatTheRegistryHasAfterOpening() throws Exception {
        StringBuilder page = new StringBuilder(HEAD);
        for (DriverMetric row : DriverMetric.values()) {
            row.ids()
                    .forEach(id -> page.append("| `%s` | %s | %s | %s |%n"
                            .formatted(id, row.kind().name().toLowerCase(Locale.ROOT), row.unit(), row.doc())));
        }
        GeneratedPage.check("metrics.md", page.toString());
        try (DriverMetrics metrics = DriverMetrics.open(registry, readings)) {
            assertThat(metrics).isNotNull();
            List<String> listed = Pattern.compile("^\\| `([^`]+)`", Pattern.MULTILINE)
                    .matcher(page)
                    .results()
                    .map(found -> found.group(1))
                    .toList();
            assertThat(registry.getNames()).containsExactlyInAnyOrderElementsOf(listed);
            for (DriverMetric row : DriverMetric.values()) {
                row.ids()
                        .forEach(id -> assertThat(Arrays.stream(registry.getMetrics()
                                                .get(id)
                                                .getClass()
                                                .getInterfaces())
                                        .anyMatch(type -> type.getSimpleName().equals("Gauge")))
                                .isEqualTo(row.kind() == DriverMetric.Kind.GAUGE));
            }
        }
    }

    @Test
    void closingRemovesExactlyWhatWasRegistered() throws Exception {
        Counter hosts = registry.counter("host.own");
        DriverMetrics metrics = DriverMetrics.open(registry, readings);
        registry.remove("resilver.recoveries.failed");
        Counter replaced = registry.counter("resilver.recoveries.failed");
        metrics.close();
        metrics.close();
        assertThat(registry.getMetrics())
                .containsOnlyKeys("host.own", "resilver.recoveries.failed")
                .containsValues(hosts, replaced);
    }

    @Test
    void aNameThatIsTakenIsNamedAndNothingStaysRegistered() {
        Counter hosts = registry.counter("resilver.events.lost");
        assertThatThrownBy(() -> DriverMetrics.open(registry, readings))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("resilver.events.lost");
        assertThat(registry.getMetrics())
                .containsOnlyKeys("resilver.events.lost")
                .containsValue(hosts);
    }

    @Test
    void twoDriversInOneRegistryAreRefusedAndTheFirstGoesOn() throws Exception {
        try (DriverMetrics first = DriverMetrics.open(registry, readings)) {
            assertThatThrownBy(() -> DriverMetrics.open(registry, readings)).isInstanceOf(PermanentException.class);
            first.committed();
            assertThat(registry.counter("resilver.volumes.commits").getCount()).isEqualTo(1);
            assertThat(registry.getNames()).hasSameElementsAs(DriverMetric.allIds());
        }
    }

    @Test
    void gaugesReadWhatIsThereNow() throws Exception {
        try (DriverMetrics metrics = DriverMetrics.open(registry, readings)) {
            assertThat(metrics).isNotNull();
            assertThat(gauge("resilver.recoveries.active")).isEqualTo(1);
            assertThat(gauge("resilver.recoveries.waiting")).isEqualTo(2);
            assertThat(gauge("resilver.replicas.lag")).isEqualTo(3L);
            assertThat(gauge("resilver.pins.held")).isEqualTo(4);
            assertThat(gauge("resilver.pins.bytes")).isEqualTo(5L);
            assertThat(gauge("resilver.events.lost")).isEqualTo(6L);
        }
    }

    @Test
    void eventsAreCounted() throws Exception {
        try (DriverMetrics metrics = DriverMetrics.open(registry, readings)) {
            EventSamples.ofEveryKind().forEach(metrics::count);
            metrics.count(EventSamples.completed(Outcome.CATCH_UP, Reason.DIVERGED));
            assertThat(counter("recoveries.outcome.needs-rebuild")).isEqualTo(1);
            assertThat(counter("recoveries.outcome.catch-up")).isEqualTo(1);
            assertThat(counter("recoveries.outcome.zero-gap")).isZero();
            assertThat(counter("recoveries.outcome.undecided")).isEqualTo(1);
            assertThat(counter("recoveries.reason.diverged")).isEqualTo(1);
            assertThat(counter("recoveries.reason.gap-beyond-retention")).isEqualTo(1);
            assertThat(counter("recoveries.reason.no-committed-boundary")).isEqualTo(1);
            assertThat(counter("recoveries.failed")).isEqualTo(2);
            assertThat(counter("recoveries.given-up")).isEqualTo(1);
            assertThat(counter("recoveries.cancelled")).isEqualTo(1);
            assertThat(counter("recoveries.escalated")).isEqualTo(1);
            assertThat(counter("pins.revoked")).isEqualTo(1);
            assertThat(counter("tokens.refused")).isEqualTo(1);
            assertThat(counter("scrub.differing")).as("a log, and an image").isEqualTo(2);
            assertThat(counter("scrub.corrupt")).isEqualTo(1);
            assertThat(counter("volumes.take-overs")).isEqualTo(1);
        }
    }

    @Test
    void whatIsSentAndTimedIsAddedUp() throws Exception {
        try (DriverMetrics metrics = DriverMetrics.open(registry, readings)) {
            metrics.sent(3, 300);
            metrics.sent(0, 50);
            metrics.scrubbed(7);
            metrics.scrubbed(8);
            metrics.stepped(1_000);
            metrics.forced(2_000);
            metrics.forced(2_000);
            assertThat(counter("sent.entries")).isEqualTo(3);
            assertThat(counter("sent.bytes")).isEqualTo(350);
            assertThat(counter("scrub.bytes")).isEqualTo(15);
            assertThat(registry.timer("resilver.recoveries.steps").getCount()).isEqualTo(1);
            assertThat(registry.timer("resilver.stores.forces").getSnapshot().getMax())
                    .isEqualTo(2_000);
        }
    }

    private long counter(String name) {
        assertThat(registry.getNames()).contains("resilver." + name);
        return registry.counter("resilver." + name).getCount();
    }

    private Object gauge(String name) {
        return registry.getGauges().get(name).getValue();
    }

    private static final class FixedReadings implements DriverReadings {
        @Override
        public int active() {
            return 1;
        }

        @Override
        public int waiting() {
            return 2;
        }

        @Override
        public long lagLsns() {
            return 3;
        }

        @Override
        public int pins() {
            return 4;
        }

        @Override
        public long pinnedBytes() {
            return 5;
        }

        @Override
        public long eventsLost() {
            return 6;
        }
    }
}
