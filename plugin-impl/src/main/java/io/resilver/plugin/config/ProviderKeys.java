package io.resilver.plugin.config;

import io.resilver.spi.error.PermanentException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The keys that belong to providers, handed out by prefix, and at the end checked: a key that no open provider asked for
 * is refused. Not thread safe: used by the thread that opens the driver.
 */
public final class ProviderKeys {
    private static final Pattern OF_PROVIDER = Pattern.compile("resilver\\.(adapter|policy|events)\\.[^.]+\\.[^.].*");

    private final Map<String, String> values;
    private final List<ScopedConfiguration> scopes = new ArrayList<>();

    ProviderKeys(Map<String, String> values) {
        this.values = values;
    }

    static boolean isOfProvider(String key) {
        return OF_PROVIDER.matcher(key).matches();
    }

    /**
     * The keys of one provider.
     *
     * @param area {@code adapter}, {@code policy} or {@code events}
     * @param name the provider's name
     * @return its configuration, which remembers what it is asked
     */
    public ScopedConfiguration scope(String area, String name) {
        String prefix = "resilver." + area + "." + name + ".";
        Map<String, String> own = new TreeMap<>();
        values.forEach((key, value) -> {
            if (key.startsWith(prefix)) {
                own.put(key.substring(prefix.length()), value);
            }
        });
        ScopedConfiguration scope = new ScopedConfiguration(prefix, own);
        scopes.add(scope);
        return scope;
    }

    /**
     * Refuses the first key that nobody asked for, also one of a provider that was not opened.
     *
     * @throws PermanentException naming the key, its value and the nearest key that somebody asked for
     */
    public void refuseUnknown() throws PermanentException {
        List<String> asked =
                scopes.stream().flatMap(each -> each.asked().stream()).toList();
        Optional<String> unknown =
                values.keySet().stream().filter(key -> !asked.contains(key)).findFirst();
        if (unknown.isPresent()) {
            throw NearestKey.unknown(unknown.get(), values.getOrDefault(unknown.get(), ""), asked);
        }
    }
}
