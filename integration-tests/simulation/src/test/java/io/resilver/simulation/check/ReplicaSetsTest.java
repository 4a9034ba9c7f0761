package io.resilver.simulation.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.coordination.HostNode;
import io.resilver.coordination.VolumeRecord;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.VolumeId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the checker of replica sets must object to, and what it must let pass. */
class ReplicaSetsTest {
    private static final VolumeId VOLUME = new VolumeId("v");
    private static final ReplicaId A = new ReplicaId(VOLUME, "a");
    private static final ReplicaId B = new ReplicaId(VOLUME, "b");
    private static final HostNode OF_A = new HostNode(new HostId("a"), 1);
    private static final HostNode OF_B = new HostNode(new HostId("b"), 2);

    private final ReplicaSets sets = new ReplicaSets(Map.of());

    private static Optional<VolumeRecord> record(long epoch, HostNode by, long openings, ReplicaId... members) {
        return Optional.of(new VolumeRecord(
                VOLUME,
                new Incarnation("inc"),
                new Epoch(epoch, new MintId("m")),
                Optional.of(by),
                0,
                Stream.of(A, B)
                        .map(each -> new VolumeRecord.Replica(
                                each,
                                new HostId(each.name()),
                                Optional.empty(),
                                Optional.of(new StoreIdentity(new StoreId(each.name()), openings))))
                        .toList(),
                Set.copyOf(List.of(members)),
                1));
    }

    @Test
    @DisplayName("R41: a term that is minted by who is no member is objected to")
    void mintedByAMember() {
        assertThat(sets.changed(record(2, OF_A, 1, A, B), node -> true)).isEmpty();
        assertThat(sets.changed(record(3, OF_B, 1, A, B), node -> true)).isEmpty();
        assertThat(sets.changed(record(4, OF_B, 1, A), node -> true)
                        .orElseThrow()
                        .rule())
                .isEqualTo("R41");
    }

    @Test
    @DisplayName("R35: a term that is minted, or a set that is changed, by a host whose node is gone is objected to")
    void changedByWhoIsThere() {
        assertThat(sets.changed(record(2, OF_A, 1, A, B), OF_A::equals)).isEmpty();
        assertThat(sets.changed(record(2, OF_A, 1, A), OF_A::equals)).isEmpty();
        assertThat(sets.changed(record(2, OF_A, 1, A, B), OF_B::equals)
                        .orElseThrow()
                        .rule())
                .isEqualTo("R35");
        assertThat(sets.changed(record(3, OF_A, 1, A, B), OF_B::equals)
                        .orElseThrow()
                        .rule())
                .isEqualTo("R35");
        assertThat(sets.changed(record(3, OF_A, 2, A), OF_B::equals))
                .as("a store that is opened changes its own entry, whoever leads")
                .isEmpty();
    }
}
