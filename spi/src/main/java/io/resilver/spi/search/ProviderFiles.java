package io.resilver.spi.search;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.Set;

/**
 * Says which line of which provider file an error of {@link java.util.ServiceLoader} comes from: many of its errors name
 * no jar, and that of a class with a missing superclass not even the provider. For messages only. Not thread safe.
 */
final class ProviderFiles {
    private final String path;
    private final ClassLoader loader;

    /** Class names that came to something: made, or blamed. */
    private final Set<String> settled = new HashSet<>();

    /** Class name to jar in the service loader's order; read only when something is broken. */
    private Optional<Map<String, URL>> named = Optional.empty();

    ProviderFiles(Class<?> type, ClassLoader loader) {
        this.path = "META-INF/services/" + type.getName();
        this.loader = loader;
    }

    void made(String className) {
        settled.add(className);
    }

    /**
     * The service loader goes through the names in order, so the first one that came to nothing yet is the culprit. Two
     * kinds of error are about no such name, and say themselves where they come from: that of a malformed file, and that
     * of a named module.
     */
    Optional<String> blame(Error error) {
        if (named.isEmpty()) {
            named = Optional.of(read());
        }
        return named.get().entrySet().stream()
                .filter(each -> !settled.contains(each.getKey()))
                .findFirst()
                .filter(each -> !(error instanceof ServiceConfigurationError)
                        || String.valueOf(error.getMessage()).contains(each.getKey()))
                .map(each -> {
                    settled.add(each.getKey());
                    return each.getKey() + " in " + each.getValue();
                });
    }

    private Map<String, URL> read() {
        Map<String, URL> names = new LinkedHashMap<>();
        try {
            for (URL file : Collections.list(loader.getResources(path))) {
                URLConnection connection = file.openConnection();
                connection.setUseCaches(false);
                URL jar = connection instanceof JarURLConnection inJar ? inJar.getJarFileURL() : file;
                namesIn(connection).forEach(name -> names.putIfAbsent(name, jar));
            }
        } catch (IOException unreadable) {
            // The service loader has met the same and says so; the names so far are good.
            return names;
        }
        return names;
    }

    /** None of a file with a malformed line: the service loader drops it whole. */
    private static List<String> namesIn(URLConnection file) throws IOException {
        List<String> names = new ArrayList<>();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(file.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                int comment = line.indexOf('#');
                String name = (comment < 0 ? line : line.substring(0, comment)).trim();
                if (!name.codePoints().allMatch(c -> c == '.' || Character.isJavaIdentifierPart(c))) {
                    return List.of();
                }
                if (!name.isEmpty()) {
                    names.add(name);
                }
            }
        }
        return names;
    }
}
