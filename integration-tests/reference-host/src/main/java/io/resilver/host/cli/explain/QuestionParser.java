package io.resilver.host.cli.explain;

import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Makes a question of a line. What the numbers mean together is the planner's business, not judged here. */
final class QuestionParser {
    private static final Set<String> QUESTION = keys("id", "history", "replica");
    private static final Set<String> HISTORY =
            keys("headLsn", "tailLsn", "committedLsn", "checkpointLsn", "checkpointTrusted", "lineage", "imageLsn");
    private static final Set<String> REPLICA =
            keys("flushedLsn", "truncationFloorLsn", "committedLsn", "usable", "lineage");
    private static final Set<String> ELEMENT = keys("epoch", "firstLsn", "mintId");

    private QuestionParser() {}

    /**
     * Reads a line.
     *
     * @param line not a blank one
     * @return the question, or why it is none
     */
    static Question parse(Lines.Line line) {
        Json json;
        try {
            json = Json.parse(line);
        } catch (Json.MalformedException malformed) {
            return new Question.Refused(Optional.empty(), malformed.problem(), Optional.empty());
        }
        if (!(json instanceof Json.Obj object)) {
            return new Question.Refused(Optional.empty(), "the line is JSON, but not an object", Optional.empty());
        }
        // Looked up apart from the rest: the answer carries it whatever else is wrong.
        Optional<String> id =
                object.fields().get("id") instanceof Json.Text text ? Optional.of(text.value()) : Optional.empty();
        try {
            Fields fields = Fields.of(object, QUESTION);
            fields.textOrUnknown("id");
            return new Question.Asked(
                    id,
                    history(Fields.of("history", fields.required("history"), HISTORY)),
                    replica(Fields.of("replica", fields.required("replica"), REPLICA)));
        } catch (Fields.RefusedException refused) {
            return new Question.Refused(id, refused.problem(), Optional.of(refused.field()));
        }
    }

    private static RetainedHistory history(Fields fields) throws Fields.RefusedException {
        return new RetainedHistory(
                fields.number("headLsn"),
                fields.number("tailLsn"),
                fields.numberOrUnknown("committedLsn"),
                fields.number("checkpointLsn", 0),
                fields.flag("checkpointTrusted", false),
                lineage(fields),
                fields.numberOrUnknown("imageLsn"));
    }

    private static ReplicaPosition replica(Fields fields) throws Fields.RefusedException {
        return new ReplicaPosition(
                fields.number("flushedLsn"),
                fields.number("truncationFloorLsn", 0),
                fields.numberOrUnknown("committedLsn"),
                fields.flag("usable", true),
                lineage(fields));
    }

    private static Optional<Lineage> lineage(Fields fields) throws Fields.RefusedException {
        Optional<List<Json>> items = fields.arrayOrUnknown("lineage");
        if (items.isEmpty()) {
            return Optional.empty();
        }
        List<LineageElement> elements = new ArrayList<>();
        for (Json item : items.get()) {
            String path = fields.path("lineage") + "[" + elements.size() + "]";
            elements.add(element(Fields.of(path, item, ELEMENT)));
        }
        return Optional.of(new Lineage(elements));
    }

    private static LineageElement element(Fields fields) throws Fields.RefusedException {
        return new LineageElement(fields.positive("epoch"), mint(fields), fields.positive("firstLsn"));
    }

    private static Optional<MintId> mint(Fields fields) throws Fields.RefusedException {
        Optional<String> value = fields.textOrUnknown("mintId");
        try {
            return value.map(MintId::new);
        } catch (IllegalArgumentException badForm) {
            throw new Fields.RefusedException(
                    fields.path("mintId"),
                    "must be 1 to 128 letters, digits, '.', '_' or '-', beginning with a letter or digit");
        }
    }

    /** In the order in which they are told to people. */
    private static Set<String> keys(String... names) {
        return Collections.unmodifiableSet(new LinkedHashSet<>(List.of(names)));
    }
}
