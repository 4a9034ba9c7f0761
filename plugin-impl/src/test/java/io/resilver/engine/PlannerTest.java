package io.resilver.engine;

import static io.resilver.engine.Facts.level;
import static io.resilver.engine.Facts.lineage;
import static io.resilver.spi.plan.Reason.AHEAD_WITHIN_LINEAGE;
import static io.resilver.spi.plan.Reason.AT_COMMITTED;
import static io.resilver.spi.plan.Reason.DIVERGED;
import static io.resilver.spi.plan.Reason.GAP_BEYOND_RETENTION;
import static io.resilver.spi.plan.Reason.GAP_WITHIN_RETENTION;
import static io.resilver.spi.plan.Reason.NO_COMMITTED_BOUNDARY;
import static io.resilver.spi.plan.Reason.REBUILD_REQUESTED;
import static io.resilver.spi.plan.Reason.REPLICA_AHEAD;
import static io.resilver.spi.plan.Reason.SOURCE_INCOMPLETE;
import static io.resilver.spi.plan.Reason.TARGET_NOT_USABLE;
import static io.resilver.spi.plan.Reason.TRUNCATION_UNSAFE;
import static io.resilver.spi.plan.RebuildReason.CHECKPOINT_BELOW_REPLICA;
import static io.resilver.spi.plan.RebuildReason.CHECKPOINT_TAIL_NOT_REPLAYABLE;
import static io.resilver.spi.plan.RebuildReason.CHECKPOINT_UNTRUSTED;
import static io.resilver.spi.plan.RebuildReason.NO_CHECKPOINT;
import static io.resilver.spi.plan.RebuildSource.FULL_BASE;
import static io.resilver.spi.plan.RebuildSource.SNAPSHOT_AND_TAIL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.spi.plan.Decision;
import io.resilver.spi.plan.Decision.CatchUp;
import io.resilver.spi.plan.Decision.Rebuild;
import io.resilver.spi.plan.Decision.Undecided;
import io.resilver.spi.plan.Decision.ZeroGap;
import io.resilver.spi.plan.PinRequest;
import io.resilver.spi.plan.Reason;
import io.resilver.spi.plan.RebuildReason;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** R8: the rows of the decision table and their edges. */
class PlannerTest {
    private static final OptionalLong NONE = OptionalLong.empty();

    static Stream<Arguments> inconsistent() {
        return Stream.of(
                row("history.headLsn", level().head(-1)),
                row("history.tailLsn", level().tail(-1)),
                row("history.tailLsn", level().tail(101)),
                row("history.committedLsn", level().committed(-1)),
                row("history.committedLsn", level().committed(101)),
                row("history.checkpointLsn", level().checkpoint(-1, false)),
                row("history.checkpointLsn", level().checkpoint(101, false)),
                row("replica.flushedLsn", level().flushed(-1)),
                row("replica.truncationFloorLsn", level().floor(-1)),
                row("replica.truncationFloorLsn", level().floor(101)),
                row("replica.committedLsn", level().ownCommitted(-1)),
                row("replica.committedLsn", level().ownCommitted(101)),
                row("history.lineage", level().sourceLineage(lineage())),
                row("history.imageLsn", level().image(101)),
                row("history.imageLsn", level().image(-1)),
                row("history.lineage", level().sourceLineage(lineage(1, 1, 2, 102))),
                row("history.lineage", level().sourceLineage(lineage(1, Long.MAX_VALUE))),
                row("history.lineage", level().sourceLineage(lineage(1, 1, 1, 50))),
                row("history.lineage", level().sourceLineage(lineage(1, 50, 2, 50))),
                row("replica.lineage", level().replicaLineage(lineage())),
                row("replica.lineage", level().replicaLineage(lineage(2, 1, 1, 50))),
                row("replica.lineage", level().replicaLineage(lineage(1, 1, 2, 102))));
    }

    /** Row 1: inconsistent facts are an error that names the field, before anything else is asked. */
    @ParameterizedTest
    @MethodSource("inconsistent")
    void row1NamesTheField(String field, Facts facts) {
        for (Facts each : new Facts[] {facts, facts.unusable()}) {
            assertThat(each.plan()).isInstanceOfSatisfying(Planned.Inconsistent.class, wrong -> {
                assertThat(wrong.field()).isEqualTo(field);
                assertThat(wrong.message()).startsWith(field);
            });
        }
        assertThat(rebuildOf(facts, REBUILD_REQUESTED, Permission.UNCLEAN, Standing.COUNTED))
                .isInstanceOf(Planned.Inconsistent.class);
    }

    /** Row 1 comes before row 2. */
    @Test
    void unknownCommittedDoesNotHideInconsistentFacts() {
        assertThat(level().committedUnknown().tail(101).plan()).isInstanceOf(Planned.Inconsistent.class);
    }

    /** Row 1: an epoch that has begun and written nothing stands at the end + 1. */
    @Test
    void anEpochAtTheEndPlusOneIsConsistent() {
        assertThat(level().sourceLineage(lineage(1, 1, 2, 101)).decision()).isInstanceOf(ZeroGap.class);
    }

    static Stream<Arguments> decisions() {
        Facts diverged = level().sourceLineage(lineage(1, 1, 2, 81)).replicaLineage(lineage(1, 1));
        Facts unknown = level().lineageUnknown();
        return Stream.of(
                // 2: unknown committed is never zero gap (R7), also where everything else would fit
                row(new Undecided(NO_COMMITTED_BOUNDARY, true), level().committedUnknown()),
                row(
                        new Undecided(NO_COMMITTED_BOUNDARY, true),
                        level().committedUnknown().unusable()),
                row(new Undecided(NO_COMMITTED_BOUNDARY, false), unknown.committedUnknown()),
                row(
                        new Undecided(NO_COMMITTED_BOUNDARY, true),
                        diverged.committedUnknown().ownCommitted(90)),
                // 3: the replica's own committed above D
                row(new Undecided(SOURCE_INCOMPLETE, true), diverged.ownCommitted(81)),
                row(
                        new Undecided(SOURCE_INCOMPLETE, true),
                        diverged.ownCommitted(81).unusable()),
                row(
                        new Undecided(SOURCE_INCOMPLETE, false),
                        unknown.flushed(120).ownCommitted(101)),
                row(catchUp(DIVERGED, true, 80, 80, 100), diverged.ownCommitted(80)),
                // 4: a store that is not usable, whatever it holds
                row(snapshot(TARGET_NOT_USABLE, true, 50, 100), level().unusable()),
                row(snapshot(TARGET_NOT_USABLE, true, 50, 100), diverged.unusable()),
                // 5: level
                row(new ZeroGap(AT_COMMITTED, true, 100), level()),
                row(new ZeroGap(AT_COMMITTED, true, 100), level().ownCommitted(100)),
                row(new ZeroGap(AT_COMMITTED, false, 100), unknown),
                row(new ZeroGap(AT_COMMITTED, true, 90), level().committed(90).flushed(90)),
                row(new ZeroGap(AT_COMMITTED, true, 100), level().tail(100)),
                row(
                        new ZeroGap(AT_COMMITTED, true, 0),
                        level().head(0)
                                .tail(0)
                                .committed(0)
                                .checkpoint(0, false)
                                .flushed(0)
                                .sourceLineage(lineage())
                                .replicaLineage(lineage())),
                // 6: ahead, with what the source has
                row(new ZeroGap(AHEAD_WITHIN_LINEAGE, true, 100), level().committed(60)),
                row(
                        new ZeroGap(AHEAD_WITHIN_LINEAGE, true, 95),
                        level().committed(60).flushed(95)),
                row(
                        new ZeroGap(AHEAD_WITHIN_LINEAGE, true, 100),
                        level().committed(60).tail(100)),
                // 6 needs the tail: the log must go on from there
                row(
                        snapshot(GAP_BEYOND_RETENTION, true, 90, 95),
                        level().committed(95)
                                .flushed(96)
                                .tail(97)
                                .checkpoint(90, true)
                                .tail(90)
                                .flushed(80)),
                row(
                        base(GAP_BEYOND_RETENTION, true, CHECKPOINT_TAIL_NOT_REPLAYABLE, 97),
                        level().committed(60).flushed(96).tail(97)),
                // 7: the undo goes below the floor
                row(base(TRUNCATION_UNSAFE, true, CHECKPOINT_BELOW_REPLICA, 100), diverged.floor(81)),
                row(
                        snapshot(TRUNCATION_UNSAFE, true, 80, 100),
                        diverged.floor(81).checkpoint(80, true)),
                row(catchUp(DIVERGED, true, 80, 80, 100), diverged.floor(80)),
                row(
                        base(TRUNCATION_UNSAFE, false, CHECKPOINT_TAIL_NOT_REPLAYABLE, 40),
                        unknown.committed(40).floor(41)),
                row(
                        snapshot(TRUNCATION_UNSAFE, true, 90, 100),
                        diverged.floor(81).tail(90).checkpoint(90, true)),
                // 8: the start lies below the tail
                row(base(GAP_BEYOND_RETENTION, true, CHECKPOINT_TAIL_NOT_REPLAYABLE, 100), diverged.tail(81)),
                row(catchUp(DIVERGED, true, 80, 80, 100), diverged.tail(80)),
                row(snapshot(GAP_BEYOND_RETENTION, true, 50, 100), level().flushed(29)),
                row(catchUp(GAP_WITHIN_RETENTION, true, -1, 30, 100), level().flushed(30)),
                row(
                        snapshot(GAP_BEYOND_RETENTION, true, 50, 100),
                        level().flushed(0).replicaLineage(lineage())),
                // 9: truncation alone
                row(catchUp(DIVERGED, true, 80, -1, 80), diverged.committed(80)),
                row(catchUp(DIVERGED, true, 80, -1, 80), diverged.committed(70)),
                row(catchUp(DIVERGED, true, 80, 80, 81), diverged.committed(81)),
                row(catchUp(REPLICA_AHEAD, false, 60, -1, 60), unknown.committed(60)),
                row(catchUp(REPLICA_AHEAD, false, 100, -1, 100), unknown.flushed(150)),
                row(
                        catchUp(DIVERGED, true, 0, -1, 0),
                        level().tail(0).committed(0).sourceLineage(lineage(2, 1))),
                // 10: a gap
                row(catchUp(GAP_WITHIN_RETENTION, true, -1, 70, 100), level().flushed(70)),
                row(catchUp(GAP_WITHIN_RETENTION, false, -1, 70, 100), unknown.flushed(70)),
                row(
                        catchUp(GAP_WITHIN_RETENTION, true, -1, 70, 71),
                        level().flushed(70).committed(71)),
                row(
                        catchUp(GAP_WITHIN_RETENTION, true, -1, 0, 100),
                        level().tail(0).flushed(0).replicaLineage(lineage())),
                row(catchUp(DIVERGED, true, 0, 0, 100), level().tail(0).replicaLineage(lineage(2, 1))));
    }

    /** R8: outcome, proof, truncation and range come out together, row by row. */
    @ParameterizedTest
    @MethodSource("decisions")
    void theFirstRowThatMatchesDecides(Decision expected, Facts facts) {
        assertThat(facts.decision()).isEqualTo(expected);
    }

    static Stream<Arguments> rebuildSources() {
        Facts lost = level().flushed(10);
        Facts shares = level().sourceLineage(lineage(1, 1, 2, 81)).floor(81);
        return Stream.of(
                row(snapshot(GAP_BEYOND_RETENTION, true, 30, 100), lost.checkpoint(30, true)),
                row(snapshot(GAP_BEYOND_RETENTION, true, 100, 100), lost.checkpoint(100, true)),
                row(base(GAP_BEYOND_RETENTION, true, NO_CHECKPOINT, 100), lost.checkpoint(0, true)),
                row(base(GAP_BEYOND_RETENTION, true, NO_CHECKPOINT, 100), lost.checkpoint(0, false)),
                row(base(GAP_BEYOND_RETENTION, true, CHECKPOINT_UNTRUSTED, 100), lost.checkpoint(50, false)),
                row(base(GAP_BEYOND_RETENTION, true, CHECKPOINT_UNTRUSTED, 100), lost.checkpoint(29, false)),
                row(base(GAP_BEYOND_RETENTION, true, CHECKPOINT_TAIL_NOT_REPLAYABLE, 100), lost.checkpoint(29, true)),
                row(
                        base(GAP_BEYOND_RETENTION, true, CHECKPOINT_TAIL_NOT_REPLAYABLE, 49),
                        lost.checkpoint(50, true).committed(49)),
                // never below what a usable replica shares with the source, nor below its own committed (R15, R30)
                row(base(TRUNCATION_UNSAFE, true, CHECKPOINT_BELOW_REPLICA, 100), shares.checkpoint(79, true)),
                row(snapshot(TRUNCATION_UNSAFE, true, 80, 100), shares.checkpoint(80, true)),
                row(
                        snapshot(TARGET_NOT_USABLE, true, 79, 100),
                        shares.checkpoint(79, true).unusable()),
                row(
                        base(TARGET_NOT_USABLE, true, CHECKPOINT_BELOW_REPLICA, 100),
                        shares.checkpoint(59, true).ownCommitted(60).unusable()),
                row(
                        snapshot(TARGET_NOT_USABLE, true, 60, 100),
                        shares.checkpoint(60, true).ownCommitted(60).unusable()),
                // what is wrong with the checkpoint itself comes first
                row(base(TRUNCATION_UNSAFE, true, CHECKPOINT_UNTRUSTED, 100), shares.checkpoint(79, false)),
                row(base(TRUNCATION_UNSAFE, true, CHECKPOINT_TAIL_NOT_REPLAYABLE, 100), shares.checkpoint(29, true)),
                row(
                        base(GAP_BEYOND_RETENTION, true, NO_CHECKPOINT, 40),
                        lost.checkpoint(0, true).committed(20).tail(40)));
    }

    /** R8: the rebuild's source and the cause that comes first. */
    @ParameterizedTest
    @MethodSource("rebuildSources")
    void theCheckpointIsUsedOnlyWhenItIsTrustedAndItsTailIsThere(Decision expected, Facts facts) {
        assertThat(facts.decision()).isEqualTo(expected);
    }

    /** R9: pins are taken in this order: a snapshot before its log, the log before a full base. */
    @Test
    void pinsStandInTheOrderInWhichTheyAreTaken() {
        assertThat(snapshot(TARGET_NOT_USABLE, true, 50, 100).pins())
                .extracting(PinRequest::toString)
                .containsExactly("SNAPSHOT@50", "LOG@50");
        assertThat(base(TARGET_NOT_USABLE, true, NO_CHECKPOINT, 100).pins())
                .extracting(PinRequest::toString)
                .containsExactly("LOG@100", "FULL_BASE@100");
        assertThat(level().flushed(70).decision().pins())
                .extracting(PinRequest::toString)
                .containsExactly("LOG@70");
        assertThat(level().decision().pins()).isEmpty();
    }

    /** R33: what the replica knows to be acknowledged is given up only with the permission of this one call. */
    @Test
    void uncleanPermissionPassesOverRow3Alone() {
        Facts facts = level().sourceLineage(lineage(1, 1, 2, 81)).ownCommitted(90);
        assertThat(Planner.plan(facts.history(), facts.replica(), Permission.UNCLEAN, Standing.COUNTED))
                .isEqualTo(new Planned.Decided(catchUp(DIVERGED, true, 80, 80, 100)));
        assertThat(facts.plan()).isEqualTo(new Planned.Decided(new Undecided(SOURCE_INCOMPLETE, true)));
        Facts unknown = facts.committedUnknown();
        assertThat(Planner.plan(unknown.history(), unknown.replica(), Permission.UNCLEAN, Standing.COUNTED))
                .isEqualTo(new Planned.Decided(new Undecided(NO_COMMITTED_BOUNDARY, true)));
    }

    /** R8: a rebuild that was asked for honours rows 1 to 3 and chooses its source alike. */
    @Test
    void aRequestedRebuildHonoursTheFirstThreeRows() {
        Facts facts = level();
        assertThat(rebuild(facts, Permission.NONE))
                .isEqualTo(base(REBUILD_REQUESTED, true, CHECKPOINT_BELOW_REPLICA, 100));
        assertThat(rebuild(facts.flushed(50), Permission.NONE)).isEqualTo(snapshot(REBUILD_REQUESTED, true, 50, 100));
        assertThat(rebuild(facts.checkpoint(0, false), Permission.NONE))
                .isEqualTo(base(REBUILD_REQUESTED, true, NO_CHECKPOINT, 100));
        assertThat(rebuild(facts.committedUnknown(), Permission.UNCLEAN))
                .isEqualTo(new Undecided(NO_COMMITTED_BOUNDARY, true));
        Facts incomplete = facts.sourceLineage(lineage(1, 1, 2, 81)).ownCommitted(90);
        assertThat(rebuild(incomplete, Permission.NONE)).isEqualTo(new Undecided(SOURCE_INCOMPLETE, true));
        assertThat(rebuild(incomplete, Permission.UNCLEAN))
                .isEqualTo(base(REBUILD_REQUESTED, true, CHECKPOINT_BELOW_REPLICA, 100));
        assertThat(rebuild(incomplete.checkpoint(90, true), Permission.UNCLEAN))
                .as("what may be lost is passed over in row 3 alone")
                .isEqualTo(snapshot(REBUILD_REQUESTED, true, 90, 100));
        assertThatThrownBy(() -> rebuildOf(facts, GAP_WITHIN_RETENTION, Permission.NONE, Standing.COUNTED))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("GAP_WITHIN_RETENTION");
    }

    static Stream<Arguments> fullBases() {
        Facts lost = level().flushed(10).checkpoint(0, false);
        return Stream.of(
                row(base(GAP_BEYOND_RETENTION, true, NO_CHECKPOINT, 60, 100), lost.image(60)),
                row(base(GAP_BEYOND_RETENTION, true, NO_CHECKPOINT, 100), lost.image(100)),
                row(
                        base(GAP_BEYOND_RETENTION, true, NO_CHECKPOINT, 100),
                        lost.head(120).image(110)),
                // the log after the base must be there
                row(base(GAP_BEYOND_RETENTION, true, NO_CHECKPOINT, 30, 100), lost.image(0)),
                row(
                        base(GAP_BEYOND_RETENTION, true, NO_CHECKPOINT, 40),
                        lost.committed(20).tail(40).image(20)),
                // a member that is usable with the base must hold all that is acknowledged with it (R30, R32)
                row(
                        base(TARGET_NOT_USABLE, true, NO_CHECKPOINT, 100),
                        level().checkpoint(0, false).image(60).ownCommitted(70).unusable()));
    }

    /** R8: a base is asked for at the boundary, or as far as the source's image goes; from there the log is replayed. */
    @ParameterizedTest
    @MethodSource("fullBases")
    void aFullBaseIsAskedForAsFarAsTheImageGoes(Decision expected, Facts facts) {
        assertThat(facts.decision()).isEqualTo(expected);
        assertThat(expected.pins()).extracting(PinRequest::lsn).containsOnly(((Rebuild) expected).baseLsn());
    }

    /** R30: a member holds what it shares with the source at every moment; who is none may hold less until the log has followed. */
    @Test
    void aMemberIsNotTakenBackAndWhoIsNoneIs() {
        Facts ahead = level().flushed(90).checkpoint(0, false).image(60);
        assertThat(rebuild(ahead, Standing.COUNTED)).isEqualTo(base(REBUILD_REQUESTED, true, NO_CHECKPOINT, 90, 100));
        assertThat(rebuild(ahead, Standing.OUTSIDE)).isEqualTo(base(REBUILD_REQUESTED, true, NO_CHECKPOINT, 60, 100));
        assertThat(rebuild(ahead.ownCommitted(80), Standing.OUTSIDE))
                .as("R15")
                .isEqualTo(base(REBUILD_REQUESTED, true, NO_CHECKPOINT, 80, 100));
        assertThat(rebuild(ahead.unusable(), Standing.COUNTED))
                .isEqualTo(base(REBUILD_REQUESTED, true, NO_CHECKPOINT, 100));
        assertThat(rebuild(ahead.unusable(), Standing.OUTSIDE))
                .isEqualTo(base(REBUILD_REQUESTED, true, NO_CHECKPOINT, 60, 100));
        Facts checkpoint = ahead.checkpoint(50, true);
        assertThat(rebuild(checkpoint, Standing.COUNTED))
                .isEqualTo(base(REBUILD_REQUESTED, true, CHECKPOINT_BELOW_REPLICA, 90, 100));
        assertThat(rebuild(checkpoint, Standing.OUTSIDE)).isEqualTo(snapshot(REBUILD_REQUESTED, true, 50, 100));
    }

    private static Decision rebuild(Facts facts, Permission permission) {
        return ((Planned.Decided) rebuildOf(facts, REBUILD_REQUESTED, permission, Standing.COUNTED)).decision();
    }

    private static Decision rebuild(Facts facts, Standing standing) {
        return ((Planned.Decided) rebuildOf(facts, REBUILD_REQUESTED, Permission.NONE, standing)).decision();
    }

    private static Planned rebuildOf(Facts facts, Reason reason, Permission permission, Standing standing) {
        return Planner.planRebuild(facts.history(), facts.replica(), reason, permission, standing);
    }

    /** -1 stands for none. */
    private static CatchUp catchUp(Reason reason, boolean known, long undoTo, long from, long target) {
        return new CatchUp(
                reason,
                known,
                undoTo < 0 ? NONE : OptionalLong.of(undoTo),
                from < 0 ? NONE : OptionalLong.of(from),
                target);
    }

    private static Rebuild snapshot(Reason reason, boolean known, long base, long target) {
        return new Rebuild(reason, known, SNAPSHOT_AND_TAIL, Optional.empty(), base, target);
    }

    private static Rebuild base(Reason reason, boolean known, RebuildReason why, long least) {
        return base(reason, known, why, least, least);
    }

    private static Rebuild base(Reason reason, boolean known, RebuildReason why, long least, long target) {
        return new Rebuild(reason, known, FULL_BASE, Optional.of(why), least, target);
    }

    private static Arguments row(Object expected, Facts facts) {
        return Arguments.of(expected, facts);
    }
}
