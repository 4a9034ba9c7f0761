package io.resilver.host.cli.explain;

import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import java.util.Optional;

/** What became of a line. */
sealed interface Question {
    /**
     * A line that can be answered.
     *
     * @param id given back with the answer
     * @param history where the source stands
     * @param replica where the replica stands
     */
    record Asked(Optional<String> id, RetainedHistory history, ReplicaPosition replica) implements Question {}

    /**
     * A line that cannot be answered.
     *
     * @param id given back where the line was JSON and had one
     * @param error what is wrong, for people
     * @param field where; empty when the line as a whole is
     */
    record Refused(Optional<String> id, String error, Optional<String> field) implements Question {}
}
