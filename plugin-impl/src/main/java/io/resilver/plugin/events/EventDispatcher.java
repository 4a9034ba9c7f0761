package io.resilver.plugin.events;

import io.resilver.spi.event.RecoveryEvent;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Gives every event to every sink, in the order in which it was published: so events of one replica, which are published
 * one after the other, come in order. A sink that is slow or throws loses its own events, which are counted, and delays
 * nobody. Thread safe.
 */
public final class EventDispatcher implements AutoCloseable {
    /** How long {@link #close} lets sinks work off their queues: 1,024 lines of log take milliseconds. */
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(2);

    private final List<SinkLane> lanes;

    /**
     * Opens a lane for each sink.
     *
     * @param sinks open sinks, which the dispatcher closes
     * @param executor runs sinks; they may block it, so it must not be the one that runs recoveries
     * @param queue how many events may wait for one sink, 1 or more
     */
    public EventDispatcher(List<NamedSink> sinks, Executor executor, int queue) {
        lanes = sinks.stream().map(each -> new SinkLane(each, executor, queue)).toList();
    }

    /**
     * Gives an event to all sinks. Never blocks and never throws; after the end the event is lost and counted.
     *
     * @param event what happened
     */
    public void publish(RecoveryEvent event) {
        lanes.forEach(each -> each.offer(event));
    }

    /**
     * How many events sinks have lost, because they were slow, threw, or were closed. One event that two sinks lose
     * counts twice.
     *
     * @return a count that only grows
     */
    public long lost() {
        return lanes.stream().mapToLong(SinkLane::lost).sum();
    }

    /** Closes with a wait that suits a log. Idempotent. */
    @Override
    public void close() {
        close(CLOSE_WAIT);
    }

    /**
     * Takes no more events, lets all sinks work off what waits for them at the same time, and closes each after its last
     * event. A sink that does not get there in time loses what still waits; it is closed when it comes back, for it is
     * called by one thread at a time. One sink's close never stops another's. Idempotent.
     *
     * @param wait how long to wait for all sinks together
     */
    public void close(Duration wait) {
        lanes.forEach(SinkLane::end);
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(wait.toMillis());
        for (SinkLane each : lanes) {
            each.awaitEnd(deadline - System.nanoTime());
        }
    }
}
