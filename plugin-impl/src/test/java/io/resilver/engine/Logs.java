package io.resilver.engine;

import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/**
 * A family of logs as real primaries leave them: LSNs that skip numbers, crashes that drop what was not acknowledged,
 * followers that hold any prefix, epochs that wrote nothing, an epoch number that came twice with another mint id.
 */
final class Logs {
    static final int REPLICAS = 4;

    record Entry(long lsn, Epoch writer, int payload) {}

    /** One thing that happens; what the numbers mean depends on the kind. */
    record Op(int kind, int who, int other, int amount) {}

    final List<List<Entry>> logs = new ArrayList<>();
    private final Map<Integer, Epoch> leads = new HashMap<>();
    private int mints;
    private int payloads;
    private long highestEpoch;

    private Logs() {
        for (int i = 0; i < REPLICAS; i++) {
            logs.add(new ArrayList<>());
        }
        leads.put(0, mint(1));
    }

    static Arbitrary<Logs> arbitrary() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 9),
                        Arbitraries.integers().between(0, REPLICAS - 1),
                        Arbitraries.integers().between(0, REPLICAS - 1),
                        Arbitraries.integers().between(0, 9))
                .as(Op::new)
                .list()
                .ofMinSize(5)
                .ofMaxSize(60)
                .map(Logs::run);
    }

    static Logs run(List<Op> ops) {
        Logs world = new Logs();
        ops.forEach(world::apply);
        return world;
    }

    private void apply(Op op) {
        List<Entry> log = logs.get(op.who());
        switch (op.kind()) {
            case 0, 1 -> leads.put(op.who(), mint(op.amount()));
            case 2, 3, 4 -> {
                if (op.kind() == 2 && !leads.containsKey(op.who())) {
                    leads.put(op.who(), mint(1));
                }
                for (int i = 0; i <= op.other(); i++) {
                    write(op.who(), op.amount() / 3);
                }
            }
            case 5, 6, 7 -> follow(op.who(), op.other(), op.amount());
            default -> { // a crash: a suffix is lost, and a primary starts again with another epoch or not at all
                int keep = Math.max(0, log.size() - op.amount() / 3);
                log.subList(keep, log.size()).clear();
                leads.remove(op.who());
            }
        }
    }

    /** Now and then the coordination data was restored: the number comes again, the mint id does not. */
    private Epoch mint(int amount) {
        mints++;
        if (amount > 0 || highestEpoch == 0) {
            highestEpoch++;
        }
        return new Epoch(highestEpoch, new MintId("m" + mints));
    }

    private void write(int who, int skip) {
        Epoch writer = leads.get(who);
        List<Entry> log = logs.get(who);
        // A primary writes only on top of lower epochs.
        if (writer != null
                && (log.isEmpty() || mayFollow(writer, log.get(log.size() - 1).writer()))) {
            log.add(new Entry(last(log) + 1 + skip, writer, payloads++));
        }
    }

    private static boolean mayFollow(Epoch writer, Epoch before) {
        return writer.equals(before) || writer.number() > before.number();
    }

    /** A follower is cut back to what is common, then gets some of the rest. */
    private void follow(int who, int from, int amount) {
        if (who != from) {
            List<Entry> source = logs.get(from);
            List<Entry> log = logs.get(who);
            int common = common(source, log);
            log.subList(common, log.size()).clear();
            log.addAll(List.copyOf(source.subList(common, Math.min(source.size(), common + 2 * amount))));
            leads.remove(who);
        }
    }

    static int common(List<Entry> a, List<Entry> b) {
        int same = 0;
        while (same < a.size() && same < b.size() && a.get(same).equals(b.get(same))) {
            same++;
        }
        return same;
    }

    static long last(List<Entry> log) {
        return log.isEmpty() ? 0 : log.get(log.size() - 1).lsn();
    }

    static List<Entry> upTo(List<Entry> log, long lsn) {
        return log.stream().filter(entry -> entry.lsn() <= lsn).toList();
    }

    static List<Entry> after(List<Entry> log, long lsn, long to) {
        return log.stream()
                .filter(entry -> entry.lsn() > lsn && entry.lsn() <= to)
                .toList();
    }

    /** The lineage by its definition: the first LSN is the previous entry's LSN + 1. */
    Lineage lineage(int who) {
        List<LineageElement> elements = new ArrayList<>();
        List<Entry> log = logs.get(who);
        long previous = 0;
        Epoch writer = null;
        for (Entry entry : log) {
            if (!entry.writer().equals(writer)) {
                writer = entry.writer();
                elements.add(LineageElement.of(writer, previous + 1));
            }
            previous = entry.lsn();
        }
        // A primary that has begun and written nothing yet has its element already.
        Epoch leading = leads.get(who);
        if (leading != null && (writer == null || leading.number() > writer.number())) {
            elements.add(LineageElement.of(leading, previous + 1));
        }
        return new Lineage(elements);
    }

    RetainedHistory history(int who, long tail, OptionalLong committed) {
        return new RetainedHistory(last(logs.get(who)), tail, committed, 0, false, Optional.of(lineage(who)));
    }

    ReplicaPosition position(int who, long floor) {
        return new ReplicaPosition(last(logs.get(who)), floor, OptionalLong.empty(), true, Optional.of(lineage(who)));
    }

    @Override
    public String toString() {
        return logs.toString() + " led by " + leads;
    }
}
