package io.resilver.plugin.metrics;

import io.resilver.spi.plan.Outcome;
import io.resilver.spi.plan.Reason;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** All metrics of a driver: name, kind, unit and meaning. {@code docs/metrics.md} is made from this table. */
enum DriverMetric {
    BY_OUTCOME(
            "recoveries.outcome.*",
            Kind.COUNTER,
            "recoveries",
            "Recoveries that ended well, by what was done; undecided: plans that changed nothing.",
            Family.OUTCOMES),
    BY_REASON("recoveries.reason.*", Kind.COUNTER, "recoveries", "The same ones, by why it was done.", Family.REASONS),
    FAILED("recoveries.failed", Kind.COUNTER, "attempts", "Attempts that failed, whether or not they are tried again."),
    GIVEN_UP(
            "recoveries.given-up",
            Kind.COUNTER,
            "recoveries",
            "Failed attempts after which nobody tries again before a person or the host asks."),
    CANCELLED("recoveries.cancelled", Kind.COUNTER, "recoveries", "Recoveries that were ended on purpose."),
    ESCALATED("recoveries.escalated", Kind.COUNTER, "recoveries", "Catch-ups that were given up for a rebuild."),
    ACTIVE("recoveries.active", Kind.GAUGE, "recoveries", "Recoveries that hold a slot now."),
    WAITING("recoveries.waiting", Kind.GAUGE, "recoveries", "Recoveries that wait for a slot now."),
    STEPS("recoveries.steps", Kind.TIMER, "time", "Steps of executions."),
    LAG(
            "replicas.lag",
            Kind.GAUGE,
            "LSNs",
            "How far the replica that lags most is behind what is committed; 0 without replicas."),
    ENTRIES_SENT("sent.entries", Kind.COUNTER, "entries", "Log entries sent to replicas, by catch-up and keep-up."),
    BYTES_SENT("sent.bytes", Kind.COUNTER, "bytes", "Payload of entries and base ranges sent to replicas."),
    FORCES("stores.forces", Kind.TIMER, "time", "Flushes of this host's stores to their disks."),
    PINS("pins.held", Kind.GAUGE, "pins", "Pins that recoveries and keep-up hold on this host's stores now."),
    PINNED_BYTES("pins.bytes", Kind.GAUGE, "bytes", "What these pins hold back on this host's disks."),
    PINS_REVOKED("pins.revoked", Kind.COUNTER, "pins", "Pins that were taken back because they cost too much."),
    TOKENS_REFUSED(
            "tokens.refused",
            Kind.COUNTER,
            "tokens",
            "Tokens that a store of this host refused, or that were refused to this host."),
    TAKE_OVERS("volumes.take-overs", Kind.COUNTER, "take-overs", "Times that this host became a volume's primary."),
    COMMITS("volumes.commits", Kind.COUNTER, "commits", "Times that the committed LSN of a volume led here rose."),
    SCRUBBED_BYTES(
            "scrub.bytes",
            Kind.COUNTER,
            "bytes",
            "What was read of this host's stores by its scrub, whatever came of it: payload of log ranges, and images."),
    SCRUB_DIFFERING(
            "scrub.differing",
            Kind.COUNTER,
            "ranges",
            "Ranges of log or image that a replica in sync holds otherwise than its primary, as they were told: more than 0 needs a person."),
    SCRUB_CORRUPT(
            "scrub.corrupt",
            Kind.COUNTER,
            "ranges",
            "Ranges that could not be compared since stored bytes are not what was written: more than 0 needs a person."),
    EVENTS_LOST("events.lost", Kind.GAUGE, "events", "Events that sinks have lost since the driver was opened.");

    /** What a metric is in the registry. */
    enum Kind {
        COUNTER,
        GAUGE,
        TIMER
    }

    /** For what the star in a name stands. */
    private enum Family {
        SINGLE,
        OUTCOMES,
        REASONS
    }

    private static final String PREFIX = "resilver.";

    private final String pattern;
    private final Kind kind;
    private final String unit;
    private final String doc;
    private final Family family;

    DriverMetric(String pattern, Kind kind, String unit, String doc) {
        this(pattern, kind, unit, doc, Family.SINGLE);
    }

    DriverMetric(String pattern, Kind kind, String unit, String doc, Family family) {
        this.pattern = PREFIX + pattern;
        this.kind = kind;
        this.unit = unit;
        this.doc = doc;
        this.family = family;
    }

    Kind kind() {
        return kind;
    }

    String unit() {
        return unit;
    }

    String doc() {
        return doc;
    }

    /** The name of the only metric of this row. */
    String id() {
        if (family != Family.SINGLE) {
            throw new IllegalArgumentException(pattern + " stands for several metrics");
        }
        return pattern;
    }

    /** The name of one of this row's metrics. */
    String id(Enum<?> of) {
        return pattern.replace("*", of.name().toLowerCase(Locale.ROOT).replace('_', '-'));
    }

    /** The names of all metrics of this row. */
    Stream<String> ids() {
        return switch (family) {
            case SINGLE -> Stream.of(pattern);
            case OUTCOMES -> Arrays.stream(Outcome.values()).map(this::id);
            case REASONS -> Arrays.stream(Reason.values()).map(this::id);
        };
    }

    static List<String> allIds() {
        return Arrays.stream(values()).flatMap(DriverMetric::ids).toList();
    }
}
