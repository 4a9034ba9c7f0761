package io.resilver.plugin.metrics;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.Metric;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.plan.Outcome;
import io.resilver.spi.plan.Reason;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * A driver's metrics in a registry. Registered when it opens and removed when it closes, exactly those. Thread safe; no
 * method blocks.
 */
public final class DriverMetrics implements AutoCloseable {
    private final MetricRegistry registry;
    private final Map<String, Metric> mine = new LinkedHashMap<>();

    private DriverMetrics(MetricRegistry registry, DriverReadings readings) {
        this.registry = registry;
        for (DriverMetric row : DriverMetric.values()) {
            switch (row.kind()) {
                case COUNTER -> row.ids().forEach(id -> mine.put(id, new Counter()));
                case TIMER -> mine.put(row.id(), new Timer());
                case GAUGE -> mine.put(row.id(), gauge(row, readings));
            }
        }
    }

    /**
     * Registers all metrics.
     *
     * @param registry the host's own, or a private one
     * @param readings what the gauges read
     * @return the registered metrics, which the driver closes
     * @throws PermanentException naming the metric, when the registry has one of that name; nothing stays registered
     */
    public static DriverMetrics open(MetricRegistry registry, DriverReadings readings) throws PermanentException {
        DriverMetrics metrics = new DriverMetrics(registry, readings);
        for (Map.Entry<String, Metric> each : metrics.mine.entrySet()) {
            try {
                registry.register(each.getKey(), each.getValue());
            } catch (IllegalArgumentException e) {
                metrics.close();
                throw new PermanentException(
                        "the metric registry already has a metric named " + each.getKey()
                                + ": lend each driver a registry of its own, or rename the other metric",
                        e);
            }
        }
        return metrics;
    }

    /**
     * Counts what an event says.
     *
     * @param event what happened
     */
    public void count(RecoveryEvent event) {
        if (event instanceof RecoveryEvent.RecoveryCompleted completed) {
            count(completed.report().outcome(), completed.report().reason());
        } else if (event instanceof RecoveryEvent.RecoveryPlanned planned
                && planned.plan().decision() instanceof Decision.Undecided undecided) {
            count(undecided.outcome(), undecided.reason());
        } else if (event instanceof RecoveryEvent.RecoveryFailed failed) {
            counter(DriverMetric.FAILED.id()).inc();
            counter(DriverMetric.GIVEN_UP.id()).inc(failed.retryAfter().isPresent() ? 0 : 1);
        } else if (event instanceof RecoveryEvent.RecoveryCancelled) {
            counter(DriverMetric.CANCELLED.id()).inc();
        } else if (event instanceof RecoveryEvent.RecoveryEscalated) {
            counter(DriverMetric.ESCALATED.id()).inc();
        } else if (event instanceof RecoveryEvent.PinRevoked) {
            counter(DriverMetric.PINS_REVOKED.id()).inc();
        } else if (event instanceof RecoveryEvent.ContentDiffers || event instanceof RecoveryEvent.ImageDiffers) {
            counter(DriverMetric.SCRUB_DIFFERING.id()).inc();
        } else if (event instanceof RecoveryEvent.CorruptionFound) {
            counter(DriverMetric.SCRUB_CORRUPT.id()).inc();
        } else if (event instanceof RecoveryEvent.TokenRefused) {
            counter(DriverMetric.TOKENS_REFUSED.id()).inc();
        } else if (event instanceof RecoveryEvent.PrimaryTookOver) {
            counter(DriverMetric.TAKE_OVERS.id()).inc();
        }
    }

    /**
     * Counts what was sent to a replica.
     *
     * @param entries log entries
     * @param bytes payload of entries or base ranges
     */
    public void sent(long entries, long bytes) {
        counter(DriverMetric.ENTRIES_SENT.id()).inc(entries);
        counter(DriverMetric.BYTES_SENT.id()).inc(bytes);
    }

    /**
     * Counts what was compared.
     *
     * @param bytes payload of a range
     */
    public void scrubbed(long bytes) {
        counter(DriverMetric.SCRUBBED_BYTES.id()).inc(bytes);
    }

    /** Counts a rise of a volume's committed LSN. */
    public void committed() {
        counter(DriverMetric.COMMITS.id()).inc();
    }

    /**
     * Times a step of an execution.
     *
     * @param nanos how long it took
     */
    public void stepped(long nanos) {
        timer(DriverMetric.STEPS).update(nanos, TimeUnit.NANOSECONDS);
    }

    /**
     * Times a flush of a store.
     *
     * @param nanos how long it took
     */
    public void forced(long nanos) {
        timer(DriverMetric.FORCES).update(nanos, TimeUnit.NANOSECONDS);
    }

    /** Removes what was registered, and nothing that somebody else put under the same name. Idempotent. */
    @Override
    public void close() {
        registry.removeMatching((name, metric) -> mine.get(name) == metric);
    }

    private void count(Outcome outcome, Reason reason) {
        counter(DriverMetric.BY_OUTCOME.id(outcome)).inc();
        counter(DriverMetric.BY_REASON.id(reason)).inc();
    }

    private Counter counter(String id) {
        return (Counter) Objects.requireNonNull(mine.get(id), id);
    }

    private Timer timer(DriverMetric row) {
        return (Timer) Objects.requireNonNull(mine.get(row.id()), row.id());
    }

    private static Gauge<Number> gauge(DriverMetric row, DriverReadings readings) {
        return switch (row) {
            case ACTIVE -> readings::active;
            case WAITING -> readings::waiting;
            case LAG -> readings::lagLsns;
            case PINS -> readings::pins;
            case PINNED_BYTES -> readings::pinnedBytes;
            case EVENTS_LOST -> readings::eventsLost;
            default -> throw new IllegalArgumentException(row + " is no gauge");
        };
    }
}
