package io.resilver.host.cli.control;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * One line of the control protocol: an object with texts, whole numbers, and yes or no. A field that is null is a field
 * that is not there. Immutable.
 */
public final class Message {
    private static final JsonFactory JSON = new JsonFactory();

    private final Map<String, Object> fields;

    private Message(Map<String, Object> fields) {
        this.fields = Collections.unmodifiableMap(fields);
    }

    /** The line is no message. */
    public static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1L;

        /**
         * Says what is wrong.
         *
         * @param why for people
         */
        public MalformedException(String why) {
            super(why);
        }
    }

    /**
     * An empty message to begin with.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Reads one line.
     *
     * @param line without its end
     * @return the message
     * @throws MalformedException saying what is wrong
     */
    public static Message parse(String line) throws MalformedException {
        Map<String, Object> fields = new LinkedHashMap<>();
        try (JsonParser parser = JSON.createParser(line)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new MalformedException("a message is one JSON object");
            }
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                JsonToken token = parser.nextToken();
                if (token != JsonToken.VALUE_NULL && fields.putIfAbsent(name, value(parser, name, token)) != null) {
                    throw new MalformedException("field " + name + " comes twice");
                }
            }
            if (parser.currentToken() != JsonToken.END_OBJECT || parser.nextToken() != null) {
                throw new MalformedException("there is something after the object");
            }
        } catch (IOException e) {
            throw new MalformedException("malformed JSON: " + e.getMessage());
        }
        return new Message(fields);
    }

    private static Object value(JsonParser parser, String name, JsonToken token)
            throws IOException, MalformedException {
        return switch (token) {
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT -> parser.getLongValue();
            case VALUE_TRUE, VALUE_FALSE -> parser.getBooleanValue();
            default -> throw new MalformedException("field " + name + " is no text, whole number, true, false or null");
        };
    }

    /**
     * The names of the fields.
     *
     * @return a view
     */
    public Set<String> names() {
        return fields.keySet();
    }

    /**
     * A text.
     *
     * @param name of the field
     * @return the text, or empty where there is none
     */
    public Optional<String> text(String name) {
        return fields.get(name) instanceof String text ? Optional.of(text) : Optional.empty();
    }

    /**
     * A number.
     *
     * @param name of the field
     * @return the number, or empty where there is none
     */
    public OptionalLong number(String name) {
        return fields.get(name) instanceof Long number ? OptionalLong.of(number) : OptionalLong.empty();
    }

    /**
     * Yes or no.
     *
     * @param name of the field
     * @return whether it is there and true
     */
    public boolean flag(String name) {
        return Boolean.TRUE.equals(fields.get(name));
    }

    /**
     * A number that must be there.
     *
     * @param name of the field
     * @return the number
     * @throws MalformedException when it is not
     */
    public long requireNumber(String name) throws MalformedException {
        return number(name).orElseThrow(() -> new MalformedException("field " + name + " must be a whole number"));
    }

    /**
     * A number of 0 or more that must be there.
     *
     * @param name of the field
     * @return the number
     * @throws MalformedException when it is not
     */
    public long requireSize(String name) throws MalformedException {
        long number = requireNumber(name);
        if (number < 0) {
            throw new MalformedException("field " + name + " is " + number + ", less than 0");
        }
        return number;
    }

    /**
     * A text that must be there.
     *
     * @param name of the field
     * @return the text
     * @throws MalformedException when it is not
     */
    public String requireText(String name) throws MalformedException {
        return text(name).orElseThrow(() -> new MalformedException("field " + name + " must be a text"));
    }

    /** The message as one line of JSON, without its end. */
    @Override
    public String toString() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            for (Map.Entry<String, Object> each : fields.entrySet()) {
                json.writeFieldName(each.getKey());
                if (each.getValue() instanceof Long number) {
                    json.writeNumber(number);
                } else if (each.getValue() instanceof Boolean flag) {
                    json.writeBoolean(flag);
                } else {
                    json.writeString(each.getValue().toString());
                }
            }
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new IllegalStateException("writing to memory failed", impossible);
        }
        return text.toString();
    }

    /** Collects fields. Not thread safe. */
    public static final class Builder {
        private final Map<String, Object> fields = new LinkedHashMap<>();

        private Builder() {}

        /**
         * Sets a text.
         *
         * @param name of the field
         * @param value the text
         * @return this builder
         */
        public Builder put(String name, String value) {
            fields.put(name, value);
            return this;
        }

        /**
         * Sets a number.
         *
         * @param name of the field
         * @param value the number
         * @return this builder
         */
        public Builder put(String name, long value) {
            fields.put(name, value);
            return this;
        }

        /**
         * Sets yes or no.
         *
         * @param name of the field
         * @param value yes or no
         * @return this builder
         */
        public Builder put(String name, boolean value) {
            fields.put(name, value);
            return this;
        }

        /**
         * Sets a number where there is one.
         *
         * @param name of the field
         * @param value the number, or empty for no field
         * @return this builder
         */
        public Builder put(String name, OptionalLong value) {
            value.ifPresent(number -> fields.put(name, number));
            return this;
        }

        /**
         * Sets all fields of another message.
         *
         * @param other whose fields
         * @return this builder
         */
        public Builder putAll(Message other) {
            fields.putAll(other.fields);
            return this;
        }

        /**
         * Ends the collection.
         *
         * @return the message
         */
        public Message build() {
            return new Message(new LinkedHashMap<>(fields));
        }
    }
}
