package io.resilver.plugin.driver;

import io.resilver.host.HostPorts;
import io.resilver.plugin.events.EventDispatcher;
import io.resilver.plugin.metrics.DriverMetrics;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.HostId;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happens on a host becomes events, metrics and log lines.
 *
 * @param metrics where it is counted: they read the host, and so they are there only after it and before any store is open
 */
record Signals(HostId host, EventDispatcher events, Supplier<DriverMetrics> metrics) implements HostPorts.Signals {
    private static final Logger LOG = LoggerFactory.getLogger(Signals.class);

    @Override
    public void event(RecoveryEvent event) {
        metrics.get().count(event);
        events.publish(event);
    }

    @Override
    public void sent(long entries, long bytes) {
        metrics.get().sent(entries, bytes);
    }

    @Override
    public void step(long nanos) {
        metrics.get().stepped(nanos);
    }

    @Override
    public void scrubbed(long bytes) {
        metrics.get().scrubbed(bytes);
    }

    @Override
    public void committed() {
        metrics.get().committed();
    }

    @Override
    public void forced(long nanos) {
        metrics.get().forced(nanos);
    }

    @Override
    public void defect(String where, Throwable error) {
        LOG.atError()
                .setMessage("a task failed unexpectedly: this is a bug in the driver")
                .addKeyValue("host", host)
                .addKeyValue("strand", where)
                .setCause(error)
                .log();
    }
}
