package io.resilver.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.spi.driver.Assignment;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AssignmentTest {
    private static final VolumeId VOLUME = new VolumeId("v");
    private static final ReplicaAssignment A = replica("a", 1, Duty.FOLLOW);
    private static final ReplicaAssignment B = replica("b", 2, Duty.FOLLOW);
    private static final ReplicaAssignment C = replica("c", 3, Duty.FOLLOW);

    /** R4: ordered by (epoch, configuration number). */
    @Test
    void onlyAHigherEpochOrConfigurationNumberReplaces() {
        Assignment inForce = assignment(5, "m", 3, A, B);
        assertThat(AssignmentOrder.of(Optional.empty(), inForce)).isEqualTo(AssignmentOrder.NEWER);
        assertThat(order(inForce, assignment(6, "n", 0, A, B))).isEqualTo(AssignmentOrder.NEWER);
        assertThat(order(inForce, assignment(5, "m", 4, A, B))).isEqualTo(AssignmentOrder.NEWER);
        assertThat(order(inForce, assignment(5, "m", 2, A, C))).isEqualTo(AssignmentOrder.NOT_NEWER);
        assertThat(order(inForce, assignment(4, "l", 9, A, C))).isEqualTo(AssignmentOrder.NOT_NEWER);
    }

    /** R4: the same numbers change nothing, reordered or with other content. */
    @Test
    void theSameNumbersChangeNothing() {
        Assignment inForce = assignment(5, "m", 3, A, B);
        assertThat(order(inForce, assignment(5, "m", 3, B, A))).isEqualTo(AssignmentOrder.NOT_NEWER);
        assertThat(order(inForce, assignment(5, "m", 3, A, C))).isEqualTo(AssignmentOrder.NOT_NEWER);
    }

    /** R3: the same epoch number with another mint id is a conflict, whatever the configuration number. */
    @Test
    void theSameEpochOfAnotherMintIsAConflict() {
        assertThat(order(assignment(5, "m", 3, A), assignment(5, "x", 9, A))).isEqualTo(AssignmentOrder.EPOCH_CONFLICT);
    }

    /** R6: an assignment is about its own volume only, and its own incarnation of it. */
    @Test
    void otherVolumesAndIncarnationsDoNotCompare() {
        Assignment inForce = assignment(5, "m", 3, A);
        VolumeId other = new VolumeId("w");
        ReplicaAssignment x =
                new ReplicaAssignment(new ReplicaId(other, "a"), new HostId("a"), Optional.empty(), Duty.FOLLOW);
        Assignment ofOther =
                new Assignment(other, new Incarnation("i1"), new Epoch(9, new MintId("m")), 9, x.replica(), List.of(x));
        assertThatThrownBy(() -> order(inForce, ofOther)).isInstanceOf(IllegalArgumentException.class);
        Assignment reborn = new Assignment(
                VOLUME, new Incarnation("i2"), new Epoch(1, new MintId("m")), 0, A.replica(), List.of(A));
        assertThat(order(inForce, reborn)).isEqualTo(AssignmentOrder.OTHER_INCARNATION);
    }

    /** R4: reordering replicas is no change, also in a newer assignment. */
    @Test
    void reorderingIsNoChange() {
        AssignmentChange change =
                AssignmentChange.between(Optional.of(assignment(5, "m", 3, A, B, C)), assignment(6, "n", 0, C, A, B));
        assertThat(change.added()).isEmpty();
        assertThat(change.removed()).isEmpty();
        assertThat(change.moved()).isEmpty();
        assertThat(change.dutyChanged()).isEmpty();
    }

    /** R4, R6: what begins, ends, moves, or is asked for something else; the primary's own replica has no sender. */
    @Test
    void theDifferencesAreNamed() {
        AssignmentChange first =
                AssignmentChange.between(Optional.empty(), assignment(5, "m", 0, A, B, replica("c", 3, Duty.REBUILD)));
        ReplicaAssignment rebuilt = replica("c", 3, Duty.REBUILD);
        assertThat(first.added()).containsExactly(B, rebuilt);
        assertThat(first.dutyChanged()).containsExactly(rebuilt);

        AssignmentChange change = AssignmentChange.between(
                Optional.of(assignment(5, "m", 0, A, B, C)),
                assignment(5, "m", 1, replica("a", 9, Duty.REBUILD), replica("c", 4, Duty.REBUILD), replica("d", 5)));
        assertThat(change.added()).containsExactly(replica("d", 5));
        assertThat(change.removed()).containsExactly(B.replica());
        assertThat(change.moved()).containsExactly(replica("c", 4, Duty.REBUILD));
        assertThat(change.dutyChanged()).containsExactly(replica("c", 4, Duty.REBUILD));
    }

    private static AssignmentOrder order(Assignment inForce, Assignment offered) {
        return AssignmentOrder.of(Optional.of(inForce), offered);
    }

    private static Assignment assignment(long epoch, String mint, long number, ReplicaAssignment... replicas) {
        return new Assignment(
                VOLUME,
                new Incarnation("i1"),
                new Epoch(epoch, new MintId(mint)),
                number,
                A.replica(),
                List.of(replicas));
    }

    private static ReplicaAssignment replica(String name, int port) {
        return replica(name, port, Duty.FOLLOW);
    }

    private static ReplicaAssignment replica(String name, int port, Duty duty) {
        return new ReplicaAssignment(
                new ReplicaId(VOLUME, name), new HostId(name), Optional.of(new Endpoint("h", port)), duty);
    }
}
