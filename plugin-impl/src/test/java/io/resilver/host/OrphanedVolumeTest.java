package io.resilver.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.coordination.Answer;
import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.ForwardingStore;
import io.resilver.coordination.VolumeRecord;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.SourceVolume;
import io.resilver.spi.storage.VolumeStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What callers of a volume hear that somebody else deletes. */
class OrphanedVolumeTest {
    private final MemoryHosts hosts = new MemoryHosts();
    private final MemoryHosts.Host a = hosts.joined("a");
    private final MemoryHosts.Host b = hosts.joined("b");

    @Test
    @DisplayName("R35: who waits to lead a volume that was deleted hears that, and not that the driver is closing")
    void whoWaitsHearsOfTheDeletion() throws RecoveryException {
        Incarnation incarnation = hosts.create(a, "a", "b");
        a.open();
        b.open();
        Leadership term = hosts.get(a.host.lead(MemoryHosts.VOLUME));
        CompletionStage<Leadership> waiting = b.host.lead(MemoryHosts.VOLUME);
        hosts.delete(incarnation);
        assertThat(hosts.failure(waiting))
                .isInstanceOf(CancelledException.class)
                .hasMessageContaining("the volume was deleted");
        assertThat(hosts.get(term.ended())).contains("the volume was deleted");
        hosts.until("the news", () -> b.events.stream().anyMatch(RecoveryEvent.StoreOrphaned.class::isInstance));
    }

    @Test
    @DisplayName(
            "R36, R41: the host of a replica that is removed, and added again before it has noticed, says which disk it has open"
                    + " and where, though it never asked to lead")
    void addedAgainUnnoticed() throws RecoveryException {
        hosts.create(a, "a", "b");
        a.open();
        b.open();
        hosts.get(a.host.lead(MemoryHosts.VOLUME));
        ReplicaId gone = MemoryHosts.replica("b");
        hosts.get(a.host.removeReplica(gone));
        assertThat(hosts.record().replica(gone)).isEmpty();
        hosts.get(a.host.addReplica(gone, b.host.host()));
        assertThat(hosts.record().replica(gone).orElseThrow().endpoint()).isEmpty();
        hosts.pass(OrphanWatch.ROUND.multipliedBy(2));
        VolumeRecord.Replica known = hosts.record().replica(gone).orElseThrow();
        assertThat(known.endpoint()).isPresent();
        assertThat(known.store()).contains(b.open().target().identity());
        assertThat(b.events).as("it was open all the time").noneMatch(RecoveryEvent.StoreOrphaned.class::isInstance);
    }

    @Test
    @DisplayName(
            "R41: a store that fails to close when its replica is removed is told of all the same: it is served no more")
    void failsToClose() throws RecoveryException {
        b.adapter.stores = real -> new VolumeStore() {
            @Override
            public ReplicaId replica() {
                return real.replica();
            }

            @Override
            public SourceVolume source() {
                return real.source();
            }

            @Override
            public ReplicaVolume target() {
                return real.target();
            }

            @Override
            public void close() throws RecoveryException {
                throw new ResourceExhaustedException("what was appended cannot be flushed", "disk");
            }
        };
        hosts.create(a, "a", "b");
        a.open();
        b.open();
        hosts.get(a.host.lead(MemoryHosts.VOLUME));
        hosts.get(a.host.removeReplica(MemoryHosts.replica("b")));
        hosts.until("the news", () -> b.events.stream().anyMatch(RecoveryEvent.StoreOrphaned.class::isInstance));
        assertThat(b.defects).isEmpty();
    }

    /** Leaves one compare-and-set without an answer. */
    private static final class Swallowing extends ForwardingStore {
        boolean swallows;

        Swallowing(CoordinationStore real) {
            super(real);
        }

        @Override
        public CompletionStage<Answer> compareAndSet(String path, byte[] data, int version, Set<String> checks) {
            if (swallows) {
                swallows = false;
                return new CompletableFuture<>();
            }
            return super.compareAndSet(path, data, version, checks);
        }
    }

    @Test
    @DisplayName("R21 R35: a store is let go of though a change of its record never gets its answer")
    void aMissingAnswerKeepsNoStoreOpen() throws RecoveryException {
        List<Swallowing> seen = new ArrayList<>();
        MemoryHosts.Host c = hosts.joined("c", real -> {
            seen.add(new Swallowing(real));
            return seen.get(0);
        });
        Incarnation first = hosts.create(c, "c");
        c.open();
        Leadership term = hosts.get(c.host.lead(MemoryHosts.VOLUME));
        seen.get(0).swallows = true;
        CompletionStage<?> unanswered = c.host.removeReplica(new ReplicaId(MemoryHosts.VOLUME, "gone"));
        hosts.until("the change was sent", () -> !seen.get(0).swallows);
        hosts.delete(first);
        Incarnation second = hosts.create(a, "c");
        assertThat(c.open()).isNotNull();
        assertThat(term.ended().toCompletableFuture()).isDone();
        assertThat(c.adapter.disks).containsKey(MemoryHosts.replica("c") + " " + second);
        assertThat(unanswered.toCompletableFuture()).isNotDone();
    }
}
