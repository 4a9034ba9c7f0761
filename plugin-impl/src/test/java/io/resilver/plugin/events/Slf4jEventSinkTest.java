package io.resilver.plugin.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.plan.Outcome;
import io.resilver.spi.plan.Reason;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class Slf4jEventSinkTest {
    private final Logger logger = (Logger) LoggerFactory.getLogger(Slf4jEventSinkProvider.LOGGER);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final Slf4jEventSink sink = new Slf4jEventSink(logger);

    @BeforeEach
    void listen() {
        logger.setLevel(Level.DEBUG);
        logger.setAdditive(false);
        lines.start();
        logger.addAppender(lines);
    }

    @AfterEach
    void restore() {
        logger.detachAppender(lines);
        logger.setAdditive(true);
        logger.setLevel(null);
    }

    @Test
    void everyKindOfEventIsOneLineThatSaysAboutWhat() {
        List<RecoveryEvent> events = EventSamples.ofEveryKind();
        events.forEach(sink::accept);
        assertThat(lines.list).hasSameSizeAs(events);
        for (ILoggingEvent line : lines.list) {
            assertThat(line.getMessage()).doesNotContain("{", "r1", "v1");
            assertThat(values(line)).containsAnyOf(entry("replica", "v1/r1"), entry("volume", "v1"));
        }
    }

    @Test
    void theSamplesAreOfEveryKind() {
        assertThat(EventSamples.ofEveryKind().stream().map(Object::getClass).collect(Collectors.toSet()))
                .isEqualTo(kinds(RecoveryEvent.class).collect(Collectors.toSet()));
    }

    @Test
    void differentKindsHaveDifferentMessages() {
        EventSamples.ofEveryKind().forEach(sink::accept);
        // The two plans share one; the two failures differ in whether a person has to act.
        assertThat(lines.list.stream().map(ILoggingEvent::getMessage).distinct())
                .hasSize(lines.list.size() - 1);
    }

    @Test
    void aCompletedRecoverySaysWhatItDid() {
        sink.accept(EventSamples.completed(Outcome.NEEDS_REBUILD, Reason.GAP_BEYOND_RETENTION));
        assertThat(lines.list.get(0).getMessage()).isEqualTo("Recovery completed");
        assertThat(values(lines.list.get(0)))
                .contains(
                        entry("outcome", "NEEDS_REBUILD"),
                        entry("reason", "GAP_BEYOND_RETENTION"),
                        entry("rebuildSource", "FULL_BASE"),
                        entry("achievedLsn", "100"),
                        entry("bytesSent", "2048"));
    }

    @Test
    void aFailureCarriesItsCauseAndWhenItIsTriedAgain() {
        EventSamples.ofEveryKind().stream()
                .filter(RecoveryEvent.RecoveryFailed.class::isInstance)
                .forEach(sink::accept);
        assertThat(values(lines.list.get(0))).contains(entry("retryAfterMs", "200"));
        assertThat(values(lines.list.get(1))).doesNotContainKey("retryAfterMs");
        assertThat(lines.list).allMatch(line -> line.getLevel() == Level.WARN);
        assertThat(lines.list).allSatisfy(line -> assertThat(values(line)).containsKeys("cause", "why"));
        assertThat(lines.list.get(0).getThrowableProxy())
                .as("tried again: one line")
                .isNull();
        assertThat(lines.list.get(1).getThrowableProxy())
                .as("given up: with its stack")
                .isNotNull();
    }

    @Test
    void progressIsForDebuggingOnly() {
        logger.setLevel(Level.INFO);
        sink.accept(EventSamples.progressed(1));
        assertThat(lines.list).isEmpty();
    }

    private static Map<String, String> values(ILoggingEvent line) {
        return line.getKeyValuePairs().stream().collect(Collectors.toMap(p -> p.key, p -> String.valueOf(p.value)));
    }

    private static Stream<Class<?>> kinds(Class<?> sealed) {
        return Arrays.stream(sealed.getPermittedSubclasses())
                .flatMap(each -> each.isSealed() ? kinds(each) : Stream.of(each))
                .filter(Predicate.not(Class::isInterface));
    }
}
