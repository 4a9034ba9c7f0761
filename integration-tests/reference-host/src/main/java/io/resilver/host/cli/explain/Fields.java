package io.resilver.host.cli.explain;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** The fields of one JSON object, by type. Every refusal names the whole path of the field. */
final class Fields {
    /** A field is not what it must be. */
    static final class RefusedException extends Exception {
        private final String field;
        private final String problem;

        RefusedException(String field, String what) {
            super(field + " " + what);
            this.field = field;
            this.problem = field + " " + what;
        }

        /** Its path, such as {@code history.lineage[0].epoch}. */
        String field() {
            return field;
        }

        /** What is wrong, for people. */
        String problem() {
            return problem;
        }
    }

    private final String prefix;
    private final Json.Obj object;

    private Fields(String prefix, Json.Obj object) {
        this.prefix = prefix;
        this.object = object;
    }

    /** The outermost object. */
    static Fields of(Json.Obj object, Set<String> known) throws RefusedException {
        return checked("", object, known);
    }

    /** An object inside another; {@code path} is its own. */
    static Fields of(String path, Json value, Set<String> known) throws RefusedException {
        if (value instanceof Json.Obj object) {
            return checked(path + ".", object, known);
        }
        throw wrongType(path, "an object", value);
    }

    private static Fields checked(String prefix, Json.Obj object, Set<String> known) throws RefusedException {
        if (object.duplicate().isPresent()) {
            throw new RefusedException(prefix + object.duplicate().get(), "is given twice");
        }
        for (String name : object.fields().keySet()) {
            if (!known.contains(name)) {
                throw new RefusedException(prefix + name, "is not known: use " + String.join(", ", known));
            }
        }
        return new Fields(prefix, object);
    }

    /** The path of a field of this object. */
    String path(String name) {
        return prefix + name;
    }

    /** A field that must be given. */
    Json required(String name) throws RefusedException {
        Json value = object.fields().get(name);
        if (value == null) {
            throw new RefusedException(path(name), "is missing");
        }
        return value;
    }

    /** A field that may be left out or be null, which means the same. */
    private Optional<Json> optional(String name) {
        return Optional.ofNullable(object.fields().get(name)).filter(value -> value != Json.Null.NULL);
    }

    long number(String name) throws RefusedException {
        return number(path(name), required(name));
    }

    long number(String name, long whenMissing) throws RefusedException {
        Json value = object.fields().get(name);
        return value == null ? whenMissing : number(path(name), value);
    }

    OptionalLong numberOrUnknown(String name) throws RefusedException {
        Optional<Json> value = optional(name);
        return value.isEmpty() ? OptionalLong.empty() : OptionalLong.of(number(path(name), value.get()));
    }

    /** A number of at least 1. */
    long positive(String name) throws RefusedException {
        long value = number(name);
        if (value < 1) {
            throw new RefusedException(path(name), "is " + value + ": it must be 1 or more");
        }
        return value;
    }

    boolean flag(String name, boolean whenMissing) throws RefusedException {
        Json value = object.fields().get(name);
        if (value == null) {
            return whenMissing;
        }
        if (value instanceof Json.Flag flag) {
            return flag.value();
        }
        throw wrongType(path(name), "true or false", value);
    }

    Optional<String> textOrUnknown(String name) throws RefusedException {
        Optional<Json> value = optional(name);
        if (value.isEmpty()) {
            return Optional.empty();
        }
        if (value.get() instanceof Json.Text text) {
            return Optional.of(text.value());
        }
        throw wrongType(path(name), "a string", value.get());
    }

    Optional<List<Json>> arrayOrUnknown(String name) throws RefusedException {
        Optional<Json> value = optional(name);
        if (value.isEmpty()) {
            return Optional.empty();
        }
        if (value.get() instanceof Json.Arr array) {
            return Optional.of(array.items());
        }
        throw wrongType(path(name), "an array", value.get());
    }

    private static long number(String path, Json value) throws RefusedException {
        if (!(value instanceof Json.Num number)) {
            throw wrongType(path, "a whole number", value);
        }
        if (!number.whole()) {
            throw new RefusedException(path, "must be a whole number, written without fraction and exponent");
        }
        try {
            return Long.parseLong(number.text());
        } catch (NumberFormatException tooBig) {
            throw new RefusedException(
                    path, "is out of range: the limits are " + Long.MIN_VALUE + " and " + Long.MAX_VALUE);
        }
    }

    private static RefusedException wrongType(String path, String expected, Json value) {
        return new RefusedException(path, "must be " + expected + ", not " + kind(value));
    }

    private static String kind(Json value) {
        if (value instanceof Json.Obj) {
            return "an object";
        }
        if (value instanceof Json.Arr) {
            return "an array";
        }
        if (value instanceof Json.Text) {
            return "a string";
        }
        if (value instanceof Json.Num) {
            return "a number";
        }
        return value instanceof Json.Flag ? "true or false" : "null";
    }
}
