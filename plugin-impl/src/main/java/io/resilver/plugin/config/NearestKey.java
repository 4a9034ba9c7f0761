package io.resilver.plugin.config;

import io.resilver.spi.error.PermanentException;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds what somebody probably meant to type. */
final class NearestKey {
    private NearestKey() {}

    static PermanentException unknown(String key, String value, Collection<String> valid) {
        return new PermanentException("configuration key " + key + " = '" + value + "' is unknown"
                + to(key, valid)
                        .map(nearest -> ": did you mean " + nearest + "?")
                        .orElse(": remove it"));
    }

    /** The valid key with the least edit distance, the first in the alphabet among equals; empty where none is valid. */
    static Optional<String> to(String key, Collection<String> valid) {
        return valid.stream()
                .min(Comparator.<String>comparingInt(each -> distance(key, each))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /** How many characters must be added, removed or replaced (Levenshtein). */
    static int distance(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[to.length()];
    }
}
