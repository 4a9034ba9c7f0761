package io.resilver.spi;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import java.net.URL;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/**
 * What a class loader offers of one kind of provider. One broken provider never hides the others: it is listed beside
 * them, with its error.
 *
 * @param kind for messages, for example {@code storage adapter}
 * @param found the providers that could be made, in the order of the class path
 * @param broken one line for each provider that could not be made
 * @param <P> the kind of provider
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record Providers<P extends Provider<?>>(String kind, List<P> found, List<String> broken) {
    /** More broken entries than this are one broken jar: enough to see what is wrong, and an end to the search. */
    private static final int MOST_BROKEN = 64;

    /** Copies the lists. */
    public Providers {
        found = List.copyOf(found);
        broken = List.copyOf(broken);
    }

    /**
     * Looks for providers in a class loader. Blocks on reading jars.
     *
     * @param kind for messages
     * @param type the provider interface
     * @param loader where to look; never the thread's context loader unless the caller passes it
     * @param <P> the kind of provider
     * @return what is there
     */
    public static <P extends Provider<?>> Providers<P> in(String kind, Class<P> type, ClassLoader loader) {
        List<P> found = new ArrayList<>();
        List<String> broken = new ArrayList<>();
        Iterator<P> each = ServiceLoader.load(type, loader).iterator();
        while (broken.size() < MOST_BROKEN) {
            try {
                if (!each.hasNext()) {
                    break;
                }
                P provider = each.next();
                brokenName(provider).ifPresentOrElse(broken::add, () -> found.add(provider));
            } catch (ServiceConfigurationError | LinkageError e) {
                broken.add(e.toString() + (e.getCause() == null ? "" : ": " + e.getCause()));
            }
        }
        return new Providers<>(kind, found, broken);
    }

    /** A provider that cannot say its name is as broken as one that cannot be made, and would spoil every choice. */
    private static Optional<String> brokenName(Provider<?> provider) {
        try {
            return provider.name() == null
                    ? Optional.of(provider.getClass().getName() + ": its name is missing")
                    : Optional.empty();
        } catch (RuntimeException | LinkageError e) {
            return Optional.of(provider.getClass().getName() + ": its name cannot be read: " + e);
        }
    }

    /**
     * The provider to use: the one with the configured name, or with no name the only one.
     *
     * @param name the configured name, or empty
     * @param key the configuration key that would select one, for the message
     * @return the provider
     * @throws PermanentException listing name, class and jar of each provider, when none or several fit, or the version
     *     of the SPI does not
     */
    public P select(Optional<String> name, String key) throws RecoveryException {
        List<P> fit = name.isPresent()
                ? found.stream().filter(p -> p.name().equals(name.get())).collect(Collectors.toList())
                : found;
        if (fit.size() == 1) {
            return checkVersion(fit.get(0));
        }
        String what;
        if (fit.size() > 1) {
            what = name.map(n -> "several " + kind + " providers are named '" + n + "': keep one of their jars")
                    .orElse("several " + kind + " providers are present and none is chosen: set " + key);
        } else {
            what = name.map(n ->
                            "there is no " + kind + " provider named '" + n + "': correct " + key + " or add its jar")
                    .orElse("there is no " + kind + " provider: add a jar that has one");
        }
        throw new PermanentException(what + ". " + listing());
    }

    /**
     * Checks that a provider was written against a version of the SPI that this one accepts.
     *
     * @param provider one of those found
     * @return the same provider
     * @throws PermanentException naming both versions
     */
    public P checkVersion(P provider) throws RecoveryException {
        if (!SpiVersion.CURRENT.accepts(provider.spiVersion())) {
            throw new PermanentException(kind + " provider " + describe(provider) + " was written for SPI "
                    + provider.spiVersion() + ", and this is " + SpiVersion.CURRENT + ": use a matching jar");
        }
        return provider;
    }

    private String listing() {
        String present = found.isEmpty()
                ? "Present: none"
                : "Present: " + found.stream().map(Providers::describe).collect(Collectors.joining("; "));
        return broken.isEmpty() ? present + "." : present + ". Broken: " + String.join("; ", broken) + ".";
    }

    private static String describe(Provider<?> provider) {
        CodeSource source = provider.getClass().getProtectionDomain().getCodeSource();
        URL jar = source == null ? null : source.getLocation();
        return "'" + provider.name() + "' (" + provider.getClass().getName() + " in "
                + (jar == null ? "an unknown place" : jar) + ")";
    }
}
