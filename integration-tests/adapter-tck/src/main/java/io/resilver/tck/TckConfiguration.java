package io.resilver.tck;

import io.resilver.spi.Configuration;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The adapter's own keys, as a driver would lend them. It remembers which were asked for. Thread safe. */
final class TckConfiguration implements Configuration {
    private final Map<String, String> values;
    private final Set<String> asked = new HashSet<>();

    TckConfiguration(Map<String, String> values) {
        this.values = Map.copyOf(values);
    }

    @Override
    public synchronized Optional<String> text(String key) {
        asked.add(key);
        return Optional.ofNullable(values.get(key));
    }

    @Override
    public long number(String key, long byDefault, long least, long greatest) {
        Optional<String> text = text(key);
        if (text.isEmpty()) {
            return byDefault;
        }
        long value;
        try {
            value = Long.parseLong(text.get());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(key + " = " + text.get() + " is no whole number", e);
        }
        if (value < least || value > greatest) {
            throw new IllegalArgumentException(key + " = " + value + " is not from " + least + " to " + greatest);
        }
        return value;
    }

    @Override
    public Duration millis(String key, Duration byDefault) {
        return Duration.ofMillis(number(key, byDefault.toMillis(), 0, Long.MAX_VALUE));
    }

    @Override
    public boolean flag(String key, boolean byDefault) {
        String text = text(key).orElse(Boolean.toString(byDefault));
        if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException(key + " = " + text + " is neither true nor false");
        }
        return text.equals("true");
    }

    @Override
    public Set<String> keys() {
        return values.keySet();
    }

    /** The keys that are set and that nobody asked for: a driver refuses them at start. */
    synchronized Set<String> unknown() {
        Set<String> unknown = new TreeSet<>(values.keySet());
        unknown.removeAll(asked);
        return unknown;
    }
}
