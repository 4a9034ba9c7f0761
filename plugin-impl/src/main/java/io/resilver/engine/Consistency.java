package io.resilver.engine;

import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import java.util.Optional;
import java.util.OptionalLong;

/** Row 1 of the decision table: facts that cannot be true together, whatever else holds. */
final class Consistency {
    private static final String HEAD = "history.headLsn";
    private static final String FLUSHED = "replica.flushedLsn";

    private Consistency() {}

    /** The first problem: of the history before the position, of single numbers before pairs, lineages last. */
    static Optional<Planned.Inconsistent> problem(RetainedHistory history, ReplicaPosition position) {
        long head = history.headLsn();
        long flushed = position.flushedLsn();
        Optional<Planned.Inconsistent> ofHistory = first(
                negative(HEAD, head),
                outside("history.tailLsn", history.tailLsn(), HEAD, head),
                outside("history.committedLsn", history.committedLsn(), HEAD, head),
                outside("history.checkpointLsn", history.checkpointLsn(), HEAD, head),
                outside("history.imageLsn", history.imageLsn(), HEAD, head));
        if (ofHistory.isPresent()) {
            return ofHistory;
        }
        return first(
                negative(FLUSHED, flushed),
                outside("replica.truncationFloorLsn", position.truncationFloorLsn(), FLUSHED, flushed),
                outside("replica.committedLsn", position.committedLsn(), FLUSHED, flushed),
                lineage("history.lineage", history.lineage(), HEAD, head),
                lineage("replica.lineage", position.lineage(), FLUSHED, flushed));
    }

    /** Five of them by name and not as many as there are: every plan is looked at, and an array of each would be garbage. */
    private static Optional<Planned.Inconsistent> first(
            Optional<Planned.Inconsistent> a,
            Optional<Planned.Inconsistent> b,
            Optional<Planned.Inconsistent> c,
            Optional<Planned.Inconsistent> d,
            Optional<Planned.Inconsistent> e) {
        if (a.isPresent()) {
            return a;
        }
        if (b.isPresent()) {
            return b;
        }
        if (c.isPresent()) {
            return c;
        }
        return d.isPresent() ? d : e;
    }

    private static Optional<Planned.Inconsistent> negative(String field, long value) {
        return value < 0
                ? wrong(field, field + " is " + value + ": an LSN is never negative, and 0 means nothing")
                : Optional.empty();
    }

    private static Optional<Planned.Inconsistent> outside(String field, OptionalLong value, String end, long last) {
        return value.isPresent() ? outside(field, value.getAsLong(), end, last) : Optional.empty();
    }

    private static Optional<Planned.Inconsistent> outside(String field, long value, String end, long last) {
        if (value > last) {
            return wrong(field, field + " is " + value + ", above " + end + ", which is " + last);
        }
        return negative(field, value);
    }

    private static Optional<Planned.Inconsistent> lineage(
            String field, Optional<Lineage> lineage, String end, long last) {
        if (lineage.isEmpty()) {
            return Optional.empty();
        }
        if (!lineage.get().rises()) {
            return wrong(field, field + " does not rise: epochs and first LSNs must both rise strictly");
        }
        if (lineage.get().elements().isEmpty()) {
            return last > 0
                    ? wrong(field, field + " is empty, but the log is not: " + end + " is " + last)
                    : Optional.empty();
        }
        // An epoch that has begun and written nothing yet stands at the end + 1. Written so that it cannot overflow.
        long newest = lineage.get().last().orElseThrow().firstLsn();
        return newest - 1 > last
                ? wrong(field, field + " begins an epoch at LSN " + newest + ", but " + end + " is " + last)
                : Optional.empty();
    }

    private static Optional<Planned.Inconsistent> wrong(String field, String message) {
        return Optional.of(new Planned.Inconsistent(field, message));
    }
}
