package io.resilver.plugin.selection;

import io.resilver.spi.Configuration;
import io.resilver.spi.MonotonicClock;
import io.resilver.spi.ProviderContext;
import io.resilver.spi.driver.DriverOptions;
import io.resilver.spi.model.HostId;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Executor;

/** What one provider gets. */
record LentContext(
        DriverOptions options, Configuration configuration, MonotonicClock clock, Executor executor, Path dataDirectory)
        implements ProviderContext {
    @Override
    public HostId host() {
        return options.host();
    }

    @Override
    public <T> Optional<T> lent(Class<T> type) {
        return options.lent(type);
    }
}
