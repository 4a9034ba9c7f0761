package io.resilver.plugin.config;

import io.resilver.spi.Configuration;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;

/** The keys of one provider. Remembers which ones were asked for. Thread safe. */
public final class ScopedConfiguration implements Configuration {
    /** What still fits into a long of nanoseconds, so that a huge duration does not fail where it is used. */
    private static final long LONGEST_MS = Long.MAX_VALUE / 1_000_000;

    private final String prefix;
    private final Map<String, String> values;
    private final Set<String> asked = new ConcurrentSkipListSet<>();

    ScopedConfiguration(String prefix, Map<String, String> values) {
        this.prefix = prefix;
        this.values = Map.copyOf(values);
    }

    @Override
    public Optional<String> text(String key) {
        asked.add(key);
        return Optional.ofNullable(values.get(key));
    }

    @Override
    public long number(String key, long byDefault, long least, long greatest) {
        return number(key, "a whole number", byDefault, least, greatest);
    }

    @Override
    public Duration millis(String key, Duration byDefault) {
        return text(key).isEmpty()
                ? byDefault
                : Duration.ofMillis(number(key, "a whole number of milliseconds", 0, 0, LONGEST_MS));
    }

    @Override
    public boolean flag(String key, boolean byDefault) {
        Optional<String> text = text(key);
        if (text.isEmpty()) {
            return byDefault;
        }
        return switch (text.get()) {
            case "true" -> true;
            case "false" -> false;
            default -> throw refused(key, text.get(), "true or false");
        };
    }

    @Override
    public Set<String> keys() {
        return values.keySet();
    }

    /** The full names of the keys that were asked for. */
    List<String> asked() {
        return asked.stream().map(key -> prefix + key).toList();
    }

    private long number(String key, String what, long byDefault, long least, long greatest) {
        Optional<String> text = text(key);
        if (text.isEmpty()) {
            return byDefault;
        }
        long value;
        try {
            value = Long.parseLong(text.get());
        } catch (NumberFormatException e) {
            throw refused(key, text.get(), what + ", " + least + " to " + greatest);
        }
        if (value < least || value > greatest) {
            throw refused(key, text.get(), what + ", " + least + " to " + greatest);
        }
        return value;
    }

    private IllegalArgumentException refused(String key, String value, String form) {
        return new IllegalArgumentException(prefix + key + " = '" + value + "' is not allowed: it must be " + form);
    }
}
