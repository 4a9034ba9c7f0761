package io.resilver.engine;

import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.plan.Decision;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** A source and a replica that agree and are level, to be changed one number at a time. */
record Facts(RetainedHistory history, ReplicaPosition replica) {
    static Facts level() {
        return new Facts(
                new RetainedHistory(100, 30, OptionalLong.of(100), 50, true, lineage(1, 1)),
                new ReplicaPosition(100, 0, OptionalLong.empty(), true, lineage(1, 1)));
    }

    /** Pairs of epoch and first LSN. */
    static Optional<Lineage> lineage(long... pairs) {
        List<LineageElement> elements = new ArrayList<>();
        for (int i = 0; i < pairs.length; i += 2) {
            elements.add(new LineageElement(pairs[i], Optional.empty(), pairs[i + 1]));
        }
        return Optional.of(new Lineage(elements));
    }

    Facts head(long head) {
        return of(new RetainedHistory(
                head,
                history.tailLsn(),
                history.committedLsn(),
                history.checkpointLsn(),
                history.checkpointTrusted(),
                history.lineage(),
                history.imageLsn()));
    }

    Facts tail(long tail) {
        return of(new RetainedHistory(
                history.headLsn(),
                tail,
                history.committedLsn(),
                history.checkpointLsn(),
                history.checkpointTrusted(),
                history.lineage(),
                history.imageLsn()));
    }

    Facts committed(long committed) {
        return of(history.withCommitted(OptionalLong.of(committed)));
    }

    Facts committedUnknown() {
        return of(history.withCommitted(OptionalLong.empty()));
    }

    Facts checkpoint(long lsn, boolean trusted) {
        return of(new RetainedHistory(
                history.headLsn(),
                history.tailLsn(),
                history.committedLsn(),
                lsn,
                trusted,
                history.lineage(),
                history.imageLsn()));
    }

    Facts image(long lsn) {
        return of(new RetainedHistory(
                history.headLsn(),
                history.tailLsn(),
                history.committedLsn(),
                history.checkpointLsn(),
                history.checkpointTrusted(),
                history.lineage(),
                OptionalLong.of(lsn)));
    }

    Facts sourceLineage(Optional<Lineage> lineage) {
        return of(new RetainedHistory(
                history.headLsn(),
                history.tailLsn(),
                history.committedLsn(),
                history.checkpointLsn(),
                history.checkpointTrusted(),
                lineage,
                history.imageLsn()));
    }

    Facts flushed(long flushed) {
        return of(new ReplicaPosition(
                flushed, replica.truncationFloorLsn(), replica.committedLsn(), replica.usable(), replica.lineage()));
    }

    Facts floor(long floor) {
        return of(new ReplicaPosition(
                replica.flushedLsn(), floor, replica.committedLsn(), replica.usable(), replica.lineage()));
    }

    Facts ownCommitted(long committed) {
        return of(new ReplicaPosition(
                replica.flushedLsn(),
                replica.truncationFloorLsn(),
                OptionalLong.of(committed),
                replica.usable(),
                replica.lineage()));
    }

    Facts unusable() {
        return of(new ReplicaPosition(
                replica.flushedLsn(), replica.truncationFloorLsn(), replica.committedLsn(), false, replica.lineage()));
    }

    Facts replicaLineage(Optional<Lineage> lineage) {
        return of(new ReplicaPosition(
                replica.flushedLsn(), replica.truncationFloorLsn(), replica.committedLsn(), replica.usable(), lineage));
    }

    Facts lineageUnknown() {
        return sourceLineage(Optional.empty()).replicaLineage(Optional.empty());
    }

    Planned plan() {
        return Planner.plan(history, replica);
    }

    Decision decision() {
        return ((Planned.Decided) plan()).decision();
    }

    private Facts of(RetainedHistory other) {
        return new Facts(other, replica);
    }

    private Facts of(ReplicaPosition other) {
        return new Facts(history, other);
    }
}
