package io.resilver.tck;

import io.resilver.spi.MonotonicClock;
import io.resilver.spi.ProviderContext;
import io.resilver.spi.model.HostId;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** What a driver lends to an adapter: a directory, the keys, a clock and a few threads, which end with it. Thread safe. */
final class TckContext implements ProviderContext, AutoCloseable {
    /** As few as a small host has: an engine must not wait in one task for another. */
    private static final int THREADS = 2;

    private final Path directory;
    private final TckConfiguration configuration;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

    TckContext(Path directory, Map<String, String> configuration) {
        this.directory = directory;
        this.configuration = new TckConfiguration(configuration);
    }

    @Override
    public HostId host() {
        return new HostId("tck-host");
    }

    @Override
    public TckConfiguration configuration() {
        return configuration;
    }

    @Override
    public MonotonicClock clock() {
        return System::nanoTime;
    }

    @Override
    public Executor executor() {
        return threads;
    }

    @Override
    public Path dataDirectory() {
        return directory;
    }

    @Override
    public <T> Optional<T> lent(Class<T> type) {
        return Optional.empty();
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
