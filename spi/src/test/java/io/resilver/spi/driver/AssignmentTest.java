package io.resilver.spi.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Bad assignments and volumes are refused when they are made, so that no driver ever sees one. */
class AssignmentTest {
    private static final VolumeId VOLUME = new VolumeId("v1");
    private static final ReplicaAssignment ONE = replica(VOLUME, "r1");
    private static final ReplicaAssignment TWO = replica(VOLUME, "r2");

    @Test
    @DisplayName("R6: an assignment names its volume, and lists that volume's replicas only")
    void aReplicaOfAnotherVolumeIsRefused() {
        ReplicaAssignment stranger = replica(new VolumeId("v2"), "r1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> assignment(0, "r1", ONE, stranger))
                .withMessageContaining("v2/r1")
                .withMessageContaining("v1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new VolumeSpec(VOLUME, List.of(ONE, stranger), 1))
                .withMessageContaining("v2/r1");
    }

    @Test
    @DisplayName("R6: a missing id is refused, not guessed")
    @SuppressWarnings("NullOptional") // the mistake is what is tested
    void missingPartsAreRefused() {
        ReplicaId id = ONE.replica();
        HostId host = ONE.host();
        for (Runnable bad : List.<Runnable>of(
                () -> new ReplicaAssignment(null, host, Optional.empty(), Duty.FOLLOW),
                () -> new ReplicaAssignment(id, null, Optional.empty(), Duty.FOLLOW),
                () -> new ReplicaAssignment(id, host, null, Duty.FOLLOW),
                () -> new ReplicaAssignment(id, host, Optional.empty(), null),
                () -> new Assignment(null, new Incarnation("i"), epoch(), 0, id, List.of(ONE)),
                () -> new Assignment(VOLUME, null, epoch(), 0, id, List.of(ONE)),
                () -> new Assignment(VOLUME, new Incarnation("i"), null, 0, id, List.of(ONE)),
                () -> new Assignment(VOLUME, new Incarnation("i"), epoch(), 0, null, List.of(ONE)),
                () -> new VolumeSpec(null, List.of(ONE), 1))) {
            assertThatIllegalArgumentException().isThrownBy(bad::run);
        }
    }

    @Test
    @DisplayName("R1: one sender per replica needs each replica once")
    void aReplicaThatIsListedTwiceIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> assignment(0, "r1", ONE, ONE));
        assertThatIllegalArgumentException().isThrownBy(() -> new VolumeSpec(VOLUME, List.of(ONE, ONE), 1));
    }

    @Test
    void thisHostsOwnReplicaMustBeListed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> assignment(0, "r3", ONE, TWO))
                .withMessageContaining("v1/r3");
    }

    @Test
    @DisplayName("R4: configuration numbers order assignments and are never negative")
    void aNegativeConfigurationNumberIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> assignment(-1, "r1", ONE))
                .withMessageContaining("-1");
        assertThat(assignment(0, "r1", ONE).configurationNumber()).isZero();
    }

    @Test
    @DisplayName("R30: the least in-sync size is at least the primary and at most everybody")
    void theLeastInSyncSizeIsBounded() {
        assertThatIllegalArgumentException().isThrownBy(() -> new VolumeSpec(VOLUME, List.of(ONE, TWO), 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new VolumeSpec(VOLUME, List.of(ONE, TWO), 3));
        assertThatIllegalArgumentException().isThrownBy(() -> new VolumeSpec(VOLUME, List.of(), 1));
        assertThat(new VolumeSpec(VOLUME, List.of(ONE, TWO), 2).leastInSync()).isEqualTo(2);
    }

    @Test
    void whatWasMadeDoesNotChangeLater() {
        List<ReplicaAssignment> list = new ArrayList<>(List.of(ONE, TWO));
        Assignment assignment = new Assignment(VOLUME, new Incarnation("i"), epoch(), 0, ONE.replica(), list);
        list.clear();
        assertThat(assignment.replicas()).containsExactly(ONE, TWO);
        assertThatThrownBy(() -> assignment.replicas().remove(0)).isInstanceOf(UnsupportedOperationException.class);
    }

    private static Assignment assignment(long number, String self, ReplicaAssignment... replicas) {
        return new Assignment(
                VOLUME, new Incarnation("i"), epoch(), number, new ReplicaId(VOLUME, self), List.of(replicas));
    }

    private static Epoch epoch() {
        return new Epoch(1, new MintId("m"));
    }

    private static ReplicaAssignment replica(VolumeId volume, String name) {
        return new ReplicaAssignment(
                new ReplicaId(volume, name), new HostId("h-" + name), Optional.empty(), Duty.FOLLOW);
    }
}
