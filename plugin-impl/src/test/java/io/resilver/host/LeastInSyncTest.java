package io.resilver.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.coordination.VolumeRecord;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** How a primary learns how many members a commit needs, whatever else it asked the record for when it could have. */
class LeastInSyncTest {
    /** Longer than a read lease, a tick and a few answers; far shorter than the time in which it would read by itself. */
    private static final Duration SOON = Duration.ofSeconds(3);

    private final MemoryHosts hosts = new MemoryHosts();
    private final MemoryHosts.Host a = hosts.joined("a");
    private final ReplicaId gone = MemoryHosts.replica("c");

    /** Leads alone: nobody else is reached. */
    private Leadership alone() throws RecoveryException {
        hosts.joined("b");
        hosts.create(a, "a", "b", "c");
        a.open();
        Leadership term = hosts.get(a.host.lead(MemoryHosts.VOLUME));
        hosts.until("it is alone", () -> term.inSyncSet().equals(Set.of(MemoryHosts.replica("a"))));
        assertThat(isCommitted(term, 1)).isTrue();
        return term;
    }

    private boolean isCommitted(Leadership term, long lsn) {
        term.flushed(lsn);
        CompletionStage<Void> committed = term.whenCommitted(lsn);
        hosts.pass(SOON);
        return committed.toCompletableFuture().isDone();
    }

    private void rewrite(int least) throws RecoveryException {
        hosts.rewrite(record -> new VolumeRecord(
                record.volume(),
                record.incarnation(),
                record.epoch(),
                record.primary(),
                record.configuration() + 1,
                record.replicas(),
                record.inSync(),
                least));
    }

    @Test
    @DisplayName("R41: what a removal has found in the record is in force: nothing is committed below the least size,"
            + " and everything again above it")
    void afterARemoval() throws RecoveryException {
        Leadership term = alone();
        rewrite(2);
        hosts.get(a.host.removeReplica(gone));
        assertThat(isCommitted(term, 2)).isFalse();
        rewrite(1);
        hosts.get(a.host.removeReplica(gone));
        assertThat(isCommitted(term, 3)).isTrue();
    }

    @Test
    @DisplayName("R38, R41: what the confirmation of a term in a new session has found in the record is in force")
    void afterANewSession() throws RecoveryException {
        Leadership term = alone();
        rewrite(2);
        long before = a.client.session();
        hosts.ensemble.expire(before);
        hosts.pass(SOON);
        assertThat(hosts.record().primary().orElseThrow().session()).isNotEqualTo(before);
        assertThat(isCommitted(term, 2)).isFalse();
        assertThat(term.ended().toCompletableFuture()).isNotDone();
    }
}
