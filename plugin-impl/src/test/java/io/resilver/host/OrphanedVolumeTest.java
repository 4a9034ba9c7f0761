package io.resilver.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.coordination.Answer;
import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.ForwardingStore;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
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
