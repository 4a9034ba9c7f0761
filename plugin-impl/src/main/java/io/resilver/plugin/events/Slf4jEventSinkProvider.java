package io.resilver.plugin.events;

import io.resilver.spi.ProviderContext;
import io.resilver.spi.event.EventSink;
import io.resilver.spi.event.EventSinkProvider;
import org.slf4j.LoggerFactory;

/** The built-in sink, {@code slf4j}: writes events to the host's log under the logger {@code io.resilver.events}. */
public final class Slf4jEventSinkProvider implements EventSinkProvider {
    /** The logger that a host configures; it does not change when classes move. */
    static final String LOGGER = "io.resilver.events";

    @Override
    public String name() {
        return "slf4j";
    }

    @Override
    public EventSink open(ProviderContext context) {
        return new Slf4jEventSink(LoggerFactory.getLogger(LOGGER));
    }
}
