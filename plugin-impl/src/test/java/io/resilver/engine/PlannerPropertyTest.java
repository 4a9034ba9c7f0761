package io.resilver.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.plan.Decision.CatchUp;
import io.resilver.spi.plan.Decision.Rebuild;
import io.resilver.spi.plan.Decision.Undecided;
import io.resilver.spi.plan.Decision.ZeroGap;
import io.resilver.spi.plan.Reason;
import io.resilver.spi.plan.RebuildSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.statistics.Statistics;

/** R8: whatever the facts are, the planner answers, and outcome and proof fit together. */
class PlannerPropertyTest {
    @Provide
    Arbitrary<Logs> worlds() {
        return Logs.arbitrary();
    }

    /** Nine of ten are bent until the numbers fit together, so that the rows below the first are met often. */
    @Provide
    Arbitrary<RetainedHistory> histories() {
        return Combinators.combine(
                        lsns(),
                        lsns(),
                        lsns().optional(),
                        lsns(),
                        Arbitraries.of(true, false),
                        lineages(),
                        lsns().optional(0.5),
                        bent())
                .as((head, tail, committed, checkpoint, trusted, lineage, image, bent) -> new RetainedHistory(
                        head,
                        within(tail, head, bent),
                        asLong(committed.map(it -> within(it, head, bent))),
                        within(checkpoint, head, bent),
                        trusted,
                        lineage.map(it -> bent ? risen(it, head) : it),
                        asLong(image.map(it -> within(it, head, bent)))));
    }

    @Provide
    Arbitrary<ReplicaPosition> positions() {
        return Combinators.combine(
                        lsns(),
                        lsns(),
                        lsns().optional(0.3),
                        Arbitraries.of(true, true, true, false),
                        lineages(),
                        bent())
                .as((flushed, floor, committed, usable, lineage, bent) -> new ReplicaPosition(
                        flushed,
                        within(floor, flushed, bent),
                        asLong(committed.map(it -> within(it, flushed, bent))),
                        usable,
                        lineage.map(it -> bent ? risen(it, flushed) : it)));
    }

    private static Arbitrary<Boolean> bent() {
        return Arbitraries.frequency(Tuple.of(9, true), Tuple.of(1, false));
    }

    private static long within(long value, long end, boolean bent) {
        return bent && end >= 0 && end < Long.MAX_VALUE && value >= 0 ? value % (end + 1) : value;
    }

    /** Mostly small, so that they meet; sometimes at the edges of a long. */
    private static Arbitrary<Long> lsns() {
        return Arbitraries.frequencyOf(
                Tuple.of(20, Arbitraries.longs().between(0, 12)),
                Tuple.of(1, Arbitraries.of(-1L, Long.MIN_VALUE, Long.MAX_VALUE, Long.MAX_VALUE - 1)));
    }

    private static Arbitrary<Optional<Lineage>> lineages() {
        return Combinators.combine(
                        Arbitraries.longs().between(1, 3),
                        Arbitraries.of("a", "b").map(MintId::new).optional(),
                        Arbitraries.frequencyOf(
                                Tuple.of(20, Arbitraries.longs().between(1, 12)),
                                Tuple.of(1, Arbitraries.of(Long.MAX_VALUE))))
                .as(LineageElement::new)
                .list()
                .ofMaxSize(3)
                .map(Lineage::new)
                .optional(0.8);
    }

    /** The elements again, each in a later epoch and further on than the one before, up to the end of the log. */
    private static Lineage risen(Lineage any, long end) {
        List<LineageElement> elements = new ArrayList<>();
        long epoch = 1;
        long first = 1;
        for (LineageElement each : any.elements()) {
            if (first - 1 <= end) {
                elements.add(new LineageElement(epoch, each.mint(), first));
            }
            epoch += each.epoch();
            first += each.epoch() * 2;
        }
        if (elements.isEmpty() && end > 0) {
            elements.add(new LineageElement(1, Optional.empty(), 1));
        }
        return new Lineage(elements);
    }

    private static OptionalLong asLong(Optional<Long> value) {
        return value.map(OptionalLong::of).orElseGet(OptionalLong::empty);
    }

    /** R7, R8, R10: total over any numbers, and what is decided is consistent in itself. */
    @Property(tries = 20_000, edgeCases = EdgeCasesMode.NONE)
    void anyFactsAreAnsweredConsistently(
            @ForAll("histories") RetainedHistory history,
            @ForAll("positions") ReplicaPosition position,
            @ForAll Standing standing) {
        Planned planned = Planner.plan(history, position, Permission.NONE, standing);
        assertThat(Planner.plan(history, position, Permission.NONE, standing)).isEqualTo(planned);
        if (planned instanceof Planned.Inconsistent wrong) {
            assertThat(wrong.field()).matches("(history|replica)\\.[a-zA-Z]+");
            return;
        }
        Decision decision = ((Planned.Decided) planned).decision();
        Statistics.collect(decision.reason());
        check(decision, history, position, standing);
        assertThat(Explanation.of(decision, history, position)).endsWith(".").doesNotContain("\n", "(unknown)");
        if (!(decision instanceof Undecided)) {
            assertThat(PlanCheck.of(decision, history, history)).isEqualTo(PlanCheck.HOLDS);
            Progress.of(decision);
        }
    }

    private static void check(Decision decision, RetainedHistory history, ReplicaPosition position, Standing standing) {
        if (decision instanceof Undecided) {
            assertThat(decision.pins()).isEmpty();
            assertThat(decision.target()).isEmpty();
            return;
        }
        assertThat(history.committedLsn())
                .as("R7: unknown committed is never decided")
                .isPresent();
        long committed = history.committedLsn().getAsLong();
        long target = decision.target().orElseThrow();
        long d = Divergence.of(history, position).lsn();
        assertThat(target).isGreaterThanOrEqualTo(committed).isLessThanOrEqualTo(history.headLsn());
        assertThat(position.committedLsn().orElse(0)).as("row 3").isLessThanOrEqualTo(d);
        if (decision instanceof ZeroGap) {
            assertThat(target).isEqualTo(position.flushedLsn());
            assertThat(position.usable()).isTrue();
            assertThat(d).isEqualTo(position.flushedLsn());
            assertThat(history.tailLsn()).isLessThanOrEqualTo(target);
        }
        if (decision instanceof CatchUp catchUp) {
            assertThat(position.usable()).isTrue();
            assertThat(catchUp.truncateToLsn().isPresent()
                            || catchUp.replayFromLsn().isPresent())
                    .isTrue();
            catchUp.truncateToLsn()
                    .ifPresent(undoTo -> assertThat(undoTo)
                            .isLessThan(position.flushedLsn())
                            .isGreaterThanOrEqualTo(position.truncationFloorLsn())
                            .isGreaterThanOrEqualTo(
                                    decision.lineageKnown()
                                            ? position.committedLsn().orElse(0)
                                            : 0)
                            .isLessThanOrEqualTo(Math.max(d, committed)));
            long start = catchUp.truncateToLsn().orElse(position.flushedLsn());
            assertThat(start).isGreaterThanOrEqualTo(history.tailLsn()).isLessThanOrEqualTo(target);
            catchUp.replayFromLsn()
                    .ifPresent(from -> assertThat(from).isEqualTo(start).isLessThan(target));
            assertThat(catchUp.replayFromLsn().isPresent() || start == target).isTrue();
        }
        if (decision instanceof Rebuild rebuild) {
            assertThat(rebuild.baseLsn())
                    .isGreaterThanOrEqualTo(history.tailLsn())
                    .isLessThanOrEqualTo(target);
            assertThat(rebuild.sourceReason().isPresent()).isEqualTo(rebuild.source() == RebuildSource.FULL_BASE);
            long shared = position.usable() && standing == Standing.COUNTED ? d : 0;
            assertThat(rebuild.baseLsn())
                    .as("R15, R30: who knows it to be acknowledged, and who is counted on, is not taken back")
                    .isGreaterThanOrEqualTo(
                            Math.min(target, position.committedLsn().orElse(0)))
                    .isGreaterThanOrEqualTo(Math.min(target, shared));
            if (rebuild.source() == RebuildSource.SNAPSHOT_AND_TAIL) {
                assertThat(rebuild.baseLsn())
                        .isGreaterThanOrEqualTo(position.committedLsn().orElse(0))
                        .isGreaterThanOrEqualTo(shared);
            }
            if (rebuild.source() == RebuildSource.FULL_BASE
                    && (history.imageLsn().isEmpty() || (standing == Standing.COUNTED && !position.usable()))) {
                assertThat(rebuild.baseLsn()).isEqualTo(target);
            }
            if (rebuild.source() == RebuildSource.FULL_BASE
                    && rebuild.baseLsn() < target
                    && rebuild.baseLsn() > history.imageLsn().orElse(target)) {
                assertThat(rebuild.baseLsn())
                        .as("farther than the image goes only for what must not be missed")
                        .isIn(
                                history.tailLsn(),
                                Math.min(target, position.committedLsn().orElse(0)),
                                Math.min(target, shared));
            }
        }
    }

    /** R7: whoever executes the plan to the letter ends with the source's log up to the target. */
    @Property(tries = 3000, edgeCases = EdgeCasesMode.NONE)
    void whatIsPlannedMakesTheLogsEqualUpToTheTarget(
            @ForAll("worlds") Logs world,
            @ForAll @IntRange(max = 3) int a,
            @ForAll @IntRange(max = 3) int b,
            @ForAll @IntRange(max = 20) int committedIndex,
            @ForAll @IntRange(max = 20) int tailIndex) {
        List<Logs.Entry> source = world.logs.get(a);
        List<Logs.Entry> target = world.logs.get(b);
        long committed = Logs.last(source.subList(0, Math.min(committedIndex, source.size())));
        long tail = Logs.last(source.subList(0, Math.min(tailIndex, source.size())));

        Planned planned = Planner.plan(world.history(a, tail, OptionalLong.of(committed)), world.position(b, 0));

        Decision decision = ((Planned.Decided) planned).decision();
        Statistics.collect(decision.reason());
        if (decision instanceof Rebuild) {
            assertThat(decision.reason()).isEqualTo(Reason.GAP_BEYOND_RETENTION);
            return;
        }
        List<Logs.Entry> result = new ArrayList<>(target);
        if (decision instanceof CatchUp catchUp) {
            catchUp.truncateToLsn().ifPresent(undoTo -> result.removeIf(entry -> entry.lsn() > undoTo));
            catchUp.replayFromLsn().ifPresent(from -> {
                assertThat(from).isGreaterThanOrEqualTo(tail);
                result.addAll(Logs.after(source, from, catchUp.targetLsn()));
            });
        }
        long end = decision.target().orElseThrow();
        assertThat(result).isEqualTo(Logs.upTo(source, end));
        assertThat(Logs.last(result))
                .as("R10: the target is an entry that can be reached")
                .isEqualTo(end);
    }
}
