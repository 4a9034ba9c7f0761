package io.resilver.spi.search;

import java.net.URL;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Function;

/**
 * What a class loader offers of one interface. One broken implementation never hides the others: it is listed beside
 * them, with its class, its jar and its error.
 *
 * @param found what could be made and says its name, in the order of the class path
 * @param broken what could not
 * @param <P> the interface
 */
public record ServiceSearch<P>(List<P> found, List<Broken> broken) {
    /** More broken entries than this are one broken jar: enough to see what is wrong, and an end to the search. */
    private static final int MOST_BROKEN = 64;

    /**
     * One that cannot be used.
     *
     * @param line its class, its jar and what is wrong, as far as they are known
     * @param error what was thrown, if anything was
     */
    public record Broken(String line, Optional<Throwable> error) {}

    /** Copies the lists. */
    public ServiceSearch {
        found = List.copyOf(found);
        broken = List.copyOf(broken);
    }

    /**
     * Looks through a class loader with {@link ServiceLoader}. Blocks on reading jars.
     *
     * @param type the interface, which the caller's module uses
     * @param loader where to look
     * @param name asks an implementation for its name; what has none would spoil every choice, and counts as broken
     * @param <P> the interface
     * @return what is there
     */
    public static <P> ServiceSearch<P> in(Class<P> type, ClassLoader loader, Function<P, String> name) {
        List<P> found = new ArrayList<>();
        List<Broken> broken = new ArrayList<>();
        ProviderFiles files = new ProviderFiles(type, loader);
        Iterator<P> each = ServiceLoader.load(type, loader).iterator();
        while (broken.size() < MOST_BROKEN) {
            try {
                if (!each.hasNext()) {
                    break;
                }
                P provider = each.next();
                files.made(provider.getClass().getName());
                withoutName(provider, name).ifPresentOrElse(broken::add, () -> found.add(provider));
            } catch (ServiceConfigurationError | LinkageError e) {
                String what = e + (e.getCause() == null ? "" : ": " + e.getCause());
                String place = files.blame(e).map(culprit -> culprit + ": ").orElse("");
                broken.add(new Broken(place + what, Optional.of(e)));
            }
        }
        return new ServiceSearch<>(found, broken);
    }

    private static <P> Optional<Broken> withoutName(P provider, Function<P, String> name) {
        try {
            return name.apply(provider) == null
                    ? Optional.of(new Broken(place(provider) + ": its name is missing", Optional.empty()))
                    : Optional.empty();
        } catch (RuntimeException | LinkageError e) {
            return Optional.of(new Broken(place(provider) + ": its name cannot be read: " + e, Optional.of(e)));
        }
    }

    /**
     * Where an implementation comes from.
     *
     * @param provider the implementation
     * @return its class and its jar, for messages
     */
    public static String place(Object provider) {
        CodeSource source = provider.getClass().getProtectionDomain().getCodeSource();
        URL jar = source == null ? null : source.getLocation();
        return provider.getClass().getName() + " in " + (jar == null ? "an unknown place" : jar);
    }
}
