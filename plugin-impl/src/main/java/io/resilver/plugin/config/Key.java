package io.resilver.plugin.config;

import io.resilver.coordination.EndpointText;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.model.Endpoint;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * One configuration key: its name, what it may be, its default and what it is for. Immutable.
 *
 * @param name {@code resilver.<area>.<name>}, with the unit as suffix
 * @param form what its value may be, for people, bounds included
 * @param byDefault the text that stands for a missing one; empty where there is none
 * @param doc what it does and why its default is what it is, in one line
 * @param reader makes the value from a text, or throws an {@link IllegalArgumentException}
 * @param whenMissing the value without text or default
 * @param <T> the type of its value
 */
public record Key<T>(
        String name,
        String form,
        Optional<String> byDefault,
        String doc,
        Function<String, T> reader,
        Optional<T> whenMissing) {

    /** The value, from what was set or the default. */
    T read(Optional<String> set) throws PermanentException {
        Optional<String> text = set.map(String::strip).or(() -> byDefault);
        if (text.isEmpty()) {
            return whenMissing.orElseThrow(() -> new PermanentException(name + " is missing: set it to " + form));
        }
        try {
            return reader.apply(text.get());
        } catch (IllegalArgumentException e) {
            throw new PermanentException(name + " = '" + text.get() + "' is not allowed: it must be " + form, e);
        }
    }

    static Key<String> text(String name, String byDefault, String doc) {
        return new Key<>(name, "text", Optional.of(byDefault), doc, Key::notBlank, Optional.empty());
    }

    static Key<Optional<String>> optionalText(String name, String doc) {
        return new Key<>(
                name,
                "text",
                Optional.empty(),
                doc,
                text -> Optional.of(notBlank(text)),
                Optional.of(Optional.empty()));
    }

    static Key<Optional<Endpoint>> optionalEndpoint(String name, String doc) {
        return new Key<>(
                name,
                "host:port, with a port of 1 to 65535",
                Optional.empty(),
                doc,
                text -> Optional.of(EndpointText.read(text)),
                Optional.of(Optional.empty()));
    }

    /** A list that is not set is another thing than an empty one. */
    static Key<Optional<List<String>>> optionalList(String name, String doc) {
        return new Key<>(
                name,
                "names, separated by commas",
                Optional.empty(),
                doc,
                text -> Optional.of(names(text)),
                Optional.of(Optional.empty()));
    }

    static Key<Long> number(String name, long byDefault, long least, long greatest, String doc) {
        return numeric(name, "whole number", Long.toString(byDefault), doc, least, greatest, Function.identity());
    }

    static Key<Integer> integer(String name, int byDefault, int least, int greatest, String doc) {
        return numeric(name, "whole number", Integer.toString(byDefault), doc, least, greatest, Math::toIntExact);
    }

    static Key<Duration> millis(String name, long byDefault, long least, long greatest, String doc) {
        return numeric(name, "whole number of ms", Long.toString(byDefault), doc, least, greatest, Duration::ofMillis);
    }

    static <E extends Enum<E>> Key<E> choice(String name, E byDefault, Class<E> type, String doc) {
        String words = Arrays.stream(type.getEnumConstants()).map(Key::word).collect(Collectors.joining(" or "));
        return new Key<>(
                name,
                words,
                Optional.of(word(byDefault)),
                doc,
                text -> Arrays.stream(type.getEnumConstants())
                        .filter(each -> word(each).equals(text))
                        .findFirst()
                        .orElseThrow(() -> new IllegalArgumentException(text)),
                Optional.empty());
    }

    private static <T> Key<T> numeric(
            String name, String unit, String byDefault, String doc, long least, long greatest, Function<Long, T> of) {
        return new Key<>(
                name,
                unit + ", " + least + " to " + greatest,
                Optional.of(byDefault),
                doc,
                text -> {
                    long value = Long.parseLong(text);
                    if (value < least || value > greatest) {
                        throw new IllegalArgumentException(text);
                    }
                    return of.apply(value);
                },
                Optional.empty());
    }

    private static String notBlank(String text) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("empty");
        }
        return text;
    }

    private static List<String> names(String text) {
        if (text.isEmpty()) {
            return List.of();
        }
        List<String> names =
                Arrays.stream(text.split(",", -1)).map(String::strip).toList();
        if (names.contains("") || names.stream().distinct().count() != names.size()) {
            throw new IllegalArgumentException(text);
        }
        return names;
    }

    private static String word(Enum<?> each) {
        return each.name().toLowerCase(Locale.ROOT);
    }
}
