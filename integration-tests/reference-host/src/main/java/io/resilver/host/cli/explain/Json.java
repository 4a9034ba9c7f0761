package io.resilver.host.cli.explain;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A JSON value as it stands in a line: numbers are not rounded, and keys that come twice are noticed. */
sealed interface Json {
    /** Far deeper than any question; what is deeper costs no stack. */
    int DEEPEST = 64;

    /** {@code duplicate} is the first key that came again; its first value stands. */
    record Obj(Map<String, Json> fields, Optional<String> duplicate) implements Json {}

    /** In order. */
    record Arr(List<Json> items) implements Json {}

    /** A string. */
    record Text(String value) implements Json {}

    /** {@code whole} says that it is written without fraction and exponent. */
    record Num(String text, boolean whole) implements Json {}

    /** True or false. */
    record Flag(boolean value) implements Json {}

    /** The literal {@code null}. */
    enum Null implements Json {
        /** The only one. */
        NULL
    }

    /** The text is not one JSON value. */
    final class MalformedException extends Exception {
        private final String problem;

        MalformedException(String problem) {
            super(problem);
            this.problem = problem;
        }

        /** What is wrong, for people. */
        String problem() {
            return problem;
        }
    }

    /**
     * Reads a line as one value.
     *
     * @throws MalformedException when it is anything else
     */
    static Json parse(Lines.Line line) throws MalformedException {
        if (line.tooLong()) {
            throw new MalformedException("the line is longer than " + Lines.LONGEST_BYTES + " bytes");
        }
        CharBuffer text;
        try {
            // Strictly, and here: Jackson would guess the encoding, and Java's readers replace what is malformed.
            text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line.bytes(), 0, line.length()));
        } catch (CharacterCodingException notUtf8) {
            throw new MalformedException("the line is not UTF-8");
        }
        try (JsonParser parser =
                Factory.JSON.createParser(text.array(), text.arrayOffset() + text.position(), text.remaining())) {
            Json value = value(parser, parser.nextToken());
            if (parser.nextToken() != null) {
                throw new MalformedException("malformed JSON: there is something after the value");
            }
            return value;
        } catch (JsonProcessingException malformed) {
            throw new MalformedException("malformed JSON: " + malformed.getOriginalMessage());
        } catch (IOException impossible) {
            throw new IllegalStateException("reading from memory failed", impossible);
        }
    }

    private static Json value(JsonParser parser, JsonToken token) throws IOException {
        return switch (token) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> array(parser);
            case VALUE_STRING -> new Text(parser.getText());
            case VALUE_NUMBER_INT -> new Num(parser.getText(), true);
            case VALUE_NUMBER_FLOAT -> new Num(parser.getText(), false);
            case VALUE_TRUE, VALUE_FALSE -> new Flag(token == JsonToken.VALUE_TRUE);
            case VALUE_NULL -> Null.NULL;
            case NOT_AVAILABLE, END_OBJECT, END_ARRAY, FIELD_NAME, VALUE_EMBEDDED_OBJECT ->
                throw new IllegalStateException("the parser gave " + token + " as a value");
        };
    }

    private static Json object(JsonParser parser) throws IOException {
        Map<String, Json> fields = new LinkedHashMap<>();
        Optional<String> duplicate = Optional.empty();
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            if (fields.putIfAbsent(name, value(parser, parser.nextToken())) != null && duplicate.isEmpty()) {
                duplicate = Optional.of(name);
            }
        }
        return new Obj(fields, duplicate);
    }

    private static Json array(JsonParser parser) throws IOException {
        List<Json> items = new ArrayList<>();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            items.add(value(parser, token));
        }
        return new Arr(items);
    }

    /** Holds the one factory. */
    final class Factory {
        private static final JsonFactory JSON = JsonFactory.builder()
                // Numbers and names are bounded by the line, which is bounded itself.
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(DEEPEST)
                        .maxNumberLength(Lines.LONGEST_BYTES)
                        .maxNameLength(Lines.LONGEST_BYTES)
                        .build())
                // No line's keys are kept for the next one.
                .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                .build();

        private Factory() {}
    }
}
