package io.resilver.spi.model;

/** One rule for every id, so that an id is safe in a path, a znode, a metric name and a log line. */
final class Ids {
    private static final int LONGEST = 128;

    private Ids() {}

    static String require(String what, String value) {
        if (value == null || !isSafe(value)) {
            throw new IllegalArgumentException(
                    what + " '" + value
                            + "' is not allowed: use 1 to 128 letters, digits, '.', '_' or '-', beginning with a letter or digit");
        }
        return value;
    }

    /** By hand: every frame that a host receives names several, and a regular expression takes a tenth of reading it. */
    private static boolean isSafe(String value) {
        if (value.isEmpty() || value.length() > LONGEST || !isLetterOrDigit(value.charAt(0))) {
            return false;
        }
        for (int i = 1; i < value.length(); i++) {
            char each = value.charAt(i);
            if (!isLetterOrDigit(each) && each != '.' && each != '_' && each != '-') {
                return false;
            }
        }
        return true;
    }

    /** Of ASCII only. */
    private static boolean isLetterOrDigit(char each) {
        return (each >= 'a' && each <= 'z') || (each >= '0' && each <= '9') || (each >= 'A' && each <= 'Z');
    }
}
