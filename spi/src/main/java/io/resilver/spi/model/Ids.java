package io.resilver.spi.model;

import java.util.regex.Pattern;

/** One rule for every id, so that an id is safe in a path, a znode, a metric name and a log line. */
final class Ids {
    private static final Pattern SAFE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

    private Ids() {}

    static String require(String what, String value) {
        if (value == null || !SAFE.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    what + " '" + value
                            + "' is not allowed: use 1 to 128 letters, digits, '.', '_' or '-', beginning with a letter or digit");
        }
        return value;
    }
}
