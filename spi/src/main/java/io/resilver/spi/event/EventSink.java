package io.resilver.spi.event;

import io.resilver.spi.Api;

/** Takes events. Called by one thread at a time. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public interface EventSink extends AutoCloseable {
    /**
     * Takes one event. May block; while it does, this sink's further events wait in its own bounded queue.
     *
     * @param event what happened
     */
    void accept(RecoveryEvent event);

    /** Closes the sink after its last event. Idempotent. */
    @Override
    default void close() {}
}
