package io.resilver.bench.planning;

import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * What one storage and one replica say when they are asked: a log that five terms wrote, of which the replica missed the last.
 * A store answers from its memory and a replica over the wire, so that the objects are always young and no part of what the
 * engine keeps: few of them are prepared, and taken in turn, whatever the size of the fleet.
 *
 * @param history of the source, with no bound of its own
 * @param position of the replica, whose lineage shares no object with the history's
 */
record Facts(RetainedHistory history, ReplicaPosition position) {
    static final long HEAD = 1_000_000;

    private static final int PREPARED = 64;
    private static final long TAIL = 100_000;
    private static final long CHECKPOINT = 500_000;

    /** Where the terms before began; the present one began after what the replica has. */
    private static final long[] EARLIER_TERMS = {1, 300_000, 600_000, 800_000};

    private static final long PRESENT_TERM = 950_000;
    private static final long STANDS_AT = 900_000;
    private static final long KNOWN_COMMITTED = 890_000;

    /** A prepared number of them, all different. */
    static List<Facts> prepared() {
        return IntStream.range(0, PREPARED).mapToObj(Facts::make).toList();
    }

    private static Facts make(int number) {
        return new Facts(
                new RetainedHistory(
                        HEAD,
                        TAIL,
                        OptionalLong.empty(),
                        CHECKPOINT,
                        true,
                        Optional.of(earlier(number)
                                .then(LineageElement.of(epoch(number, EARLIER_TERMS.length), PRESENT_TERM)))),
                new ReplicaPosition(
                        STANDS_AT + number,
                        CHECKPOINT,
                        OptionalLong.of(KNOWN_COMMITTED),
                        true,
                        Optional.of(earlier(number))));
    }

    private static Lineage earlier(int number) {
        List<LineageElement> all = new ArrayList<>();
        for (int term = 0; term < EARLIER_TERMS.length; term++) {
            all.add(LineageElement.of(epoch(number, term), EARLIER_TERMS[term]));
        }
        return new Lineage(all);
    }

    private static Epoch epoch(int number, int term) {
        return new Epoch(term + 1, new MintId("mint-" + number + "-" + term));
    }
}
