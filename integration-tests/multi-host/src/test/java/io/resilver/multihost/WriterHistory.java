package io.resilver.multihost;

import io.resilver.host.cli.control.Message;
import io.resilver.spi.model.EntryId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One writer at a time, over what the stores of real hosts told of the tokens by which they were changed (R2, R3): no store is
 * changed by a lower token after a higher one, however often its host was started, and an epoch is one term's wherever it is
 * accepted. Pure.
 */
final class WriterHistory {
    private WriterHistory() {}

    /**
     * A store let in a token that is not the one that changed it last.
     *
     * @param store whose
     * @param mint the random id of the epoch's term
     */
    record Accepted(String store, long epoch, String mint, long session) {
        /** As a host tells it. */
        static Accepted of(Message event) {
            return new Accepted(
                    event.text("replica").orElseThrow(),
                    event.number("epoch").orElseThrow(),
                    event.text("mint").orElseThrow(),
                    event.number("session").orElseThrow());
        }

        private boolean isBelow(Accepted other) {
            return epoch < other.epoch || (epoch == other.epoch && session < other.session);
        }
    }

    /**
     * What is wrong with a history.
     *
     * @param history in the order of each store; the stores may be mixed
     */
    static List<String> objections(List<Accepted> history) {
        List<String> wrong = new ArrayList<>();
        Map<Long, Accepted> terms = new HashMap<>();
        Map<String, Accepted> latest = new HashMap<>();
        for (Accepted each : history) {
            Accepted term = terms.putIfAbsent(each.epoch(), each);
            if (term != null && !term.mint().equals(each.mint())) {
                wrong.add("two terms wrote in one epoch: " + term + " and " + each);
            }
            Optional<Accepted> before = Optional.ofNullable(latest.put(each.store(), each));
            if (before.filter(each::isBelow).isPresent()) {
                wrong.add("a lower token after a higher one: " + before.get() + ", then " + each);
            }
        }
        return wrong;
    }

    /**
     * What is wrong with a log: the terms that wrote it, one after the other, leave epochs that never fall (R3).
     *
     * @param log its entries, in its order
     */
    static List<String> objections(String store, List<EntryId> log) {
        List<String> wrong = new ArrayList<>();
        EntryId before = EntryId.NONE;
        for (EntryId each : log) {
            if (each.lsn() <= before.lsn() || each.epoch() < before.epoch()) {
                wrong.add("in the log of " + store + " entry " + before + " is followed by " + each);
            }
            before = each;
        }
        return wrong;
    }
}
