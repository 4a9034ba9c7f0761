package io.resilver.plugin.selection;

import io.resilver.spi.Configuration;
import io.resilver.spi.MonotonicClock;
import io.resilver.spi.ProviderContext;
import io.resilver.spi.model.HostId;
import java.nio.file.Path;
import java.util.concurrent.Executor;

/** What one provider gets. */
record LentContext(
        HostId host, Configuration configuration, MonotonicClock clock, Executor executor, Path dataDirectory)
        implements ProviderContext {}
