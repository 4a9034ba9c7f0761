package io.resilver.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.coordination.HostNode;
import io.resilver.coordination.VolumeRecord;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.MintId;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** When a person's permission to lose data is refused, since what only a member holds may be had yet. */
class UncleanTest {
    private final MemoryHosts hosts = new MemoryHosts();
    private final MemoryHosts.Host a = hosts.joined("a");
    private final MemoryHosts.Host b = hosts.joined("b");

    /** Nobody leads, and a alone is in sync. */
    @BeforeEach
    void onlyOneIsInSync() throws RecoveryException {
        hosts.create(a, "a", "b");
        b.open();
        hosts.rewrite(record -> with(record, record.epoch(), Optional.empty()));
    }

    private static VolumeRecord with(VolumeRecord record, Epoch epoch, Optional<HostNode> primary) {
        return new VolumeRecord(
                record.volume(),
                record.incarnation(),
                epoch,
                primary,
                record.configuration() + 1,
                record.replicas(),
                Set.of(MemoryHosts.replica("a")),
                record.leastInSync());
    }

    private CompletionStage<Leadership> permitted() throws RecoveryException {
        return b.host.leadUncleanly(MemoryHosts.VOLUME, "ann", "haste");
    }

    @Test
    @DisplayName("R32: an unclean take-over is refused while the host of a member is there, whether or not it leads")
    void aMemberThatIsThereIsAnObjection() throws RecoveryException {
        VolumeRecord before = hosts.record();
        assertThat(hosts.failure(permitted()))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("replica vol/a on host a is in sync")
                .hasMessageContaining("end that host first");
        assertThat(hosts.record()).isEqualTo(before);
        assertThat(b.events).noneMatch(RecoveryEvent.OperatorActed.class::isInstance);

        a.end();
        assertThat(hosts.get(permitted()).epoch().number())
                .isGreaterThan(before.epoch().number());
        assertThat(hosts.record().inSync()).containsExactly(MemoryHosts.replica("b"));
    }

    @Test
    @DisplayName(
            "R32: a permission is for the record that it was asked for: a member that takes over meanwhile keeps its term")
    void aPermissionIsForTheRecordThatWasSeen() throws RecoveryException {
        a.end();
        Epoch next = new Epoch(7, new MintId("other"));
        b.adapter.disks.values().iterator().next().hook = call -> {
            if (call.startsWith("position") && !hosts.record().epoch().equals(next)) {
                hosts.rewrite(record -> with(record, next, Optional.empty()));
            }
        };
        assertThat(hosts.failure(permitted())).hasMessageContaining("the record has changed");
        assertThat(hosts.record().epoch()).isEqualTo(next);
        assertThat(hosts.record().inSync()).containsExactly(MemoryHosts.replica("a"));
    }
}
