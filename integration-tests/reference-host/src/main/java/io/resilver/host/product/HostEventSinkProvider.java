package io.resilver.host.product;

import io.resilver.spi.ProviderContext;
import io.resilver.spi.event.EventSink;
import io.resilver.spi.event.EventSinkProvider;

/** Finds the host's event sink under the name {@code host}: it tells the {@link HostListener} that the host lends, if any. */
public final class HostEventSinkProvider implements EventSinkProvider {
    /** Found by {@link java.util.ServiceLoader}. */
    public HostEventSinkProvider() {}

    @Override
    public String name() {
        return "host";
    }

    @Override
    public EventSink open(ProviderContext context) {
        HostListener listener = context.lent(HostListener.class).orElse(event -> {});
        return listener::happened;
    }
}
