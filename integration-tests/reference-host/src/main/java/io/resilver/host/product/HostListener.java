package io.resilver.host.product;

import io.resilver.spi.event.RecoveryEvent;

/** What the host lends to the driver to hear its events. */
@FunctionalInterface
public interface HostListener {
    /**
     * Something happened.
     *
     * @param event what
     */
    void happened(RecoveryEvent event);
}
