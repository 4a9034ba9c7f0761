package io.resilver.plugin.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.plugin.runtime.ThreadedRuntime;
import io.resilver.spi.event.EventSink;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.HostId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Section 3 of the design: a slow or throwing sink loses its own events, counted, and never delays a recovery. */
class EventDispatcherTest {
    private static final int QUEUE = 8;

    private final ThreadedRuntime runtime = new ThreadedRuntime(new HostId("events"));
    private final CountDownLatch gate = new CountDownLatch(1);

    @AfterEach
    void close() {
        gate.countDown();
        runtime.close();
    }

    @Test
    void eventsComeInTheOrderInWhichTheyWerePublished() {
        Recording sink = new Recording();
        List<RecoveryEvent> events = EventSamples.ofEveryKind();
        try (EventDispatcher dispatcher = dispatcher(1_000, sink)) {
            events.forEach(dispatcher::publish);
        }
        assertThat(sink.seen).isEqualTo(events);
        assertThat(sink.closed).hasValue(1);
    }

    @Test
    void aSinkThatHangsLosesItsOwnEventsAndDelaysNoOther() {
        Recording good = new Recording();
        Recording hanging = new Recording() {
            @Override
            public void accept(RecoveryEvent event) {
                hang();
                super.accept(event);
            }
        };
        EventDispatcher dispatcher = dispatcher(QUEUE, hanging, good);
        for (int i = 1; i <= 100; i++) {
            dispatcher.publish(EventSamples.progressed(i));
            int seen = i;
            await().until(() -> good.seen.size() == seen);
        }
        // The hanging one holds as many as its queue has places; the one in its hands is one of them.
        assertThat(dispatcher.lost()).isEqualTo(100 - QUEUE);
        gate.countDown();
        dispatcher.close();
        assertThat(hanging.seen).hasSize(QUEUE);
        assertThat(good.seen).hasSize(100);
    }

    @Test
    void aSinkThatThrowsLosesThatEventAndGetsTheNext() {
        Recording sink = new Recording() {
            @Override
            public void accept(RecoveryEvent event) {
                super.accept(event);
                if (seen.size() == 2) {
                    throw new IllegalStateException("a test's own");
                }
                if (seen.size() == 3) {
                    throw new NoClassDefFoundError("a test's own");
                }
            }
        };
        EventDispatcher dispatcher = dispatcher(QUEUE, sink);
        for (int i = 1; i <= 4; i++) {
            dispatcher.publish(EventSamples.progressed(i));
        }
        dispatcher.close();
        assertThat(sink.seen).hasSize(4);
        assertThat(dispatcher.lost()).isEqualTo(2);
    }

    @Test
    void aThrowingSinkGivesItsPlaceBack() {
        Recording sink = new Recording() {
            @Override
            public void accept(RecoveryEvent event) {
                super.accept(event);
                throw new IllegalStateException("a test's own");
            }
        };
        EventDispatcher dispatcher = dispatcher(1, sink);
        for (int i = 1; i <= 20; i++) {
            int seen = i;
            dispatcher.publish(EventSamples.progressed(i));
            // The place is given back before the loss is counted.
            await().until(() -> dispatcher.lost() == seen);
            await().until(() -> sink.seen.size() == seen);
        }
        dispatcher.close();
    }

    @Test
    void oneSinksCloseNeverStopsAnothers() {
        Recording first = new Recording() {
            @Override
            public void close() {
                super.close();
                throw new IllegalStateException("a test's own");
            }
        };
        Recording second = new Recording() {
            @Override
            public void close() {
                super.close();
                hang();
            }
        };
        Recording third = new Recording();
        EventDispatcher dispatcher = dispatcher(QUEUE, first, second, third);
        dispatcher.publish(EventSamples.progressed(1));
        dispatcher.close(Duration.ofMillis(100));
        dispatcher.close(Duration.ofMillis(100));
        await().untilAsserted(() -> assertThat(List.of(first.closed.get(), second.closed.get(), third.closed.get()))
                .containsExactly(1, 1, 1));
    }

    @Test
    void aSinkThatDoesNotEndInTimeLosesWhatWaitsAndIsClosedWhenItComesBack() {
        Recording sink = new Recording() {
            @Override
            public void accept(RecoveryEvent event) {
                hang();
                super.accept(event);
            }
        };
        EventDispatcher dispatcher = dispatcher(QUEUE, sink);
        for (int i = 1; i <= 5; i++) {
            dispatcher.publish(EventSamples.progressed(i));
        }
        await().until(() -> sink.hanging.get() == 1);
        dispatcher.close(Duration.ZERO);
        assertThat(sink.closed).hasValue(0);
        gate.countDown();
        await().until(() -> sink.closed.get() == 1);
        assertThat(sink.seen).hasSize(1);
        assertThat(dispatcher.lost()).isEqualTo(4);
    }

    @Test
    void anEventAfterTheEndIsLostAndCounted() {
        Recording sink = new Recording();
        EventDispatcher dispatcher = dispatcher(QUEUE, sink);
        dispatcher.close();
        dispatcher.publish(EventSamples.progressed(1));
        assertThat(sink.seen).isEmpty();
        assertThat(dispatcher.lost()).isEqualTo(1);
    }

    @Test
    void aSinkIsCalledByOneThreadAtATime() {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Recording sink = new Recording() {
            @Override
            public void accept(RecoveryEvent event) {
                most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                super.accept(event);
                inside.decrementAndGet();
            }
        };
        EventDispatcher dispatcher = dispatcher(10_000, sink);
        for (int publisher = 0; publisher < 4; publisher++) {
            runtime.workers().execute(() -> {
                for (int i = 1; i <= 500; i++) {
                    dispatcher.publish(EventSamples.progressed(i));
                }
            });
        }
        await().until(() -> sink.seen.size() == 2_000);
        dispatcher.close();
        assertThat(most).hasValue(1);
    }

    private EventDispatcher dispatcher(int queue, Recording... sinks) {
        return new EventDispatcher(
                List.of(sinks).stream().map(each -> new NamedSink("test", each)).toList(), runtime.sinks(), queue);
    }

    private static ConditionFactory await() {
        return Awaitility.await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1));
    }

    private class Recording implements EventSink {
        final List<RecoveryEvent> seen = new CopyOnWriteArrayList<>();
        final AtomicInteger closed = new AtomicInteger();
        final AtomicInteger hanging = new AtomicInteger();

        @Override
        public void accept(RecoveryEvent event) {
            seen.add(event);
        }

        @Override
        public void close() {
            closed.incrementAndGet();
        }

        void hang() {
            hanging.incrementAndGet();
            try {
                gate.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
