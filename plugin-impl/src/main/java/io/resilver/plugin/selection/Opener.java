package io.resilver.plugin.selection;

import io.resilver.plugin.config.ProviderKeys;
import io.resilver.spi.MonotonicClock;
import io.resilver.spi.Provider;
import io.resilver.spi.driver.DriverOptions;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Opens providers one after the other and remembers what to close when a later one fails. Not thread safe. */
final class Opener {
    /** A name becomes part of keys and of a directory: lower case as the SPI says, without a dot or a separator. */
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,63}");

    private final DriverOptions options;
    private final ProviderKeys keys;
    private final MonotonicClock clock;
    private final Executor executor;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    Opener(DriverOptions options, ProviderKeys keys, MonotonicClock clock, Executor executor) {
        this.options = options;
        this.keys = keys;
        this.clock = clock;
        this.executor = executor;
    }

    /** Opens one. What it throws unchecked, and a class that its jar lacks, is an error that names it. */
    <T extends AutoCloseable> T open(String area, Provider<T> provider) throws RecoveryException {
        String name = provider.name();
        if (!NAME.matcher(name).matches()) {
            throw failed(area, name, provider, "its name must match " + NAME, null);
        }
        LentContext context = new LentContext(
                options,
                keys.scope(area, name),
                clock,
                executor,
                options.dataDirectory().resolve(area + "-" + name));
        T opened;
        try {
            opened = provider.open(context);
        } catch (RuntimeException | LinkageError e) {
            throw failed(
                    area, name, provider, e instanceof IllegalArgumentException ? e.getMessage() : e.toString(), e);
        }
        if (opened == null) {
            throw failed(area, name, provider, "it opened nothing", null);
        }
        open.push(opened);
        return opened;
    }

    /** Closes what is open, the last one first. What goes wrong then is kept beside the first error. */
    void closeAll(Throwable because) {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception | LinkageError e) {
                because.addSuppressed(e);
            }
        }
    }

    private static PermanentException failed(
            String area, String name, Provider<?> provider, @Nullable String what, @Nullable Throwable cause) {
        String message = "the provider '" + name + "' (" + area + ", "
                + provider.getClass().getName() + ") cannot be opened: " + what;
        return cause == null ? new PermanentException(message) : new PermanentException(message, cause);
    }
}
