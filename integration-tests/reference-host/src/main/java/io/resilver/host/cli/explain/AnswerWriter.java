package io.resilver.host.cli.explain;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.resilver.engine.Explanation;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.plan.Decision.CatchUp;
import io.resilver.spi.plan.Decision.Rebuild;
import io.resilver.spi.plan.PinRequest;
import java.io.BufferedOutputStream;
import java.io.Flushable;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;
import java.util.OptionalLong;

/** Writes answers as lines of JSON in UTF-8. Not thread safe. */
final class AnswerWriter implements Flushable {
    /** Above this, characters are written as escapes: half of a surrogate pair, allowed in JSON, is not allowed in UTF-8. */
    private static final int LAST_BEFORE_SURROGATES = 0xD7FF;

    private static final int BUFFER_BYTES = 64 * 1024;

    private final JsonGenerator json;

    /**
     * Answers to a stream.
     *
     * @param out stays open
     */
    AnswerWriter(OutputStream out) throws IOException {
        json = new JsonFactory().createGenerator(new BufferedOutputStream(out, BUFFER_BYTES));
        json.setHighestNonEscapedChar(LAST_BEFORE_SURROGATES);
        json.setRootValueSeparator(null);
    }

    /** Writes what was decided. */
    void write(Question.Asked question, Decision decision) throws IOException {
        json.writeStartObject();
        text("id", question.id());
        json.writeStringField("outcome", decision.outcome().name());
        json.writeStringField("reason", decision.reason().name());
        json.writeBooleanField("lineageKnown", decision.lineageKnown());
        Optional<CatchUp> catchUp = decision instanceof CatchUp it ? Optional.of(it) : Optional.empty();
        number("truncateToLsn", catchUp.map(CatchUp::truncateToLsn).orElseGet(OptionalLong::empty));
        number("replayFromLsn", catchUp.map(CatchUp::replayFromLsn).orElseGet(OptionalLong::empty));
        number("targetLsn", decision.target());
        json.writeArrayFieldStart("pins");
        for (PinRequest pin : decision.pins()) {
            json.writeString(pin.toString());
        }
        json.writeEndArray();
        Optional<Rebuild> rebuild = decision instanceof Rebuild it ? Optional.of(it) : Optional.empty();
        text("rebuildSource", rebuild.map(it -> it.source().name()));
        text("rebuildReason", rebuild.flatMap(Rebuild::sourceReason).map(Enum::name));
        json.writeStringField("explanation", Explanation.of(decision, question.history(), question.replica()));
        end();
    }

    /** Writes why there is no decision. */
    void write(Question.Refused refused) throws IOException {
        json.writeStartObject();
        text("id", refused.id());
        json.writeStringField("error", refused.error());
        text("field", refused.field());
        end();
    }

    @Override
    public void flush() throws IOException {
        json.flush();
    }

    private void end() throws IOException {
        json.writeEndObject();
        json.writeRaw('\n');
    }

    private void text(String name, Optional<String> value) throws IOException {
        json.writeFieldName(name);
        if (value.isPresent()) {
            json.writeString(value.get());
        } else {
            json.writeNull();
        }
    }

    private void number(String name, OptionalLong value) throws IOException {
        json.writeFieldName(name);
        if (value.isPresent()) {
            json.writeNumber(value.getAsLong());
        } else {
            json.writeNull();
        }
    }
}
