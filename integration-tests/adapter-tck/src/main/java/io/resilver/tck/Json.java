package io.resilver.tck;

import java.util.Collection;
import java.util.stream.Collectors;

/** The little of JSON that a report needs. */
final class Json {
    private Json() {}

    static String text(String value) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }

    static String texts(Collection<String> values) {
        return values.stream().map(Json::text).collect(Collectors.joining(",", "[", "]"));
    }
}
