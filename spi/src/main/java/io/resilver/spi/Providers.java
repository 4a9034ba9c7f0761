package io.resilver.spi;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.search.ServiceSearch;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a class loader offers of one kind of provider. One broken provider never hides the others: it is listed beside
 * them, with its error.
 *
 * @param kind for messages, for example {@code storage adapter}
 * @param found the providers that could be made, in the order of the class path
 * @param broken one line for each provider that could not be made: its class, its jar, its error
 * @param <P> the kind of provider
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record Providers<P extends Provider<?>>(String kind, List<P> found, List<String> broken) {
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
        ServiceSearch<P> search = ServiceSearch.in(type, loader, Provider::name);
        return new Providers<>(
                kind,
                search.found(),
                search.broken().stream().map(ServiceSearch.Broken::line).collect(Collectors.toList()));
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
     * @throws PermanentException naming both versions, or that the provider cannot say its own
     */
    public P checkVersion(P provider) throws RecoveryException {
        SpiVersion written;
        boolean accepted;
        try {
            written = provider.spiVersion();
            accepted = SpiVersion.CURRENT.accepts(written);
        } catch (RuntimeException | LinkageError e) {
            throw new PermanentException(
                    kind + " provider " + describe(provider) + " cannot say for which SPI it was written (" + e
                            + "), and this is " + SpiVersion.CURRENT + ": use a matching jar",
                    e);
        }
        if (!accepted) {
            throw new PermanentException(kind + " provider " + describe(provider) + " was written for SPI " + written
                    + ", and this is " + SpiVersion.CURRENT + ": use a matching jar");
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
        return "'" + provider.name() + "' (" + ServiceSearch.place(provider) + ")";
    }
}
