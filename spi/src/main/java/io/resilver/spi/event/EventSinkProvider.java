package io.resilver.spi.event;

import io.resilver.spi.Api;
import io.resilver.spi.Provider;

/**
 * Finds event sinks. Every provider that is named in {@code META-INF/services/io.resilver.spi.event.EventSinkProvider} is
 * opened, unless {@code resilver.events.sinks} lists the names to open.
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public interface EventSinkProvider extends Provider<EventSink> {}
