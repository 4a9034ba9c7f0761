package io.resilver.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.coordination.Answer;
import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.ForwardingStore;
import io.resilver.coordination.Versioned;
import io.resilver.spi.driver.Admission;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Incarnation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** How often a host asks whether the volumes of its stores are still there. */
class OrphanWatchTest {
    private final MemoryHosts hosts = new MemoryHosts();

    /** Answers no readings for a while. */
    private static final class Silent extends ForwardingStore {
        final List<CompletableFuture<Optional<Versioned<byte[]>>>> unanswered = new ArrayList<>();
        boolean silent;
        int reads;
        int writes;

        Silent(CoordinationStore real) {
            super(real);
        }

        @Override
        public CompletionStage<Optional<Versioned<byte[]>>> read(String path) {
            reads++;
            if (!silent) {
                return super.read(path);
            }
            CompletableFuture<Optional<Versioned<byte[]>>> answer = new CompletableFuture<>();
            unanswered.add(answer);
            return answer;
        }

        @Override
        public CompletionStage<Answer> compareAndSet(String path, byte[] data, int version, Set<String> checks) {
            writes++;
            return super.compareAndSet(path, data, version, checks);
        }
    }

    @Test
    @DisplayName("R21 R40: a store that takes long to let go of is let go of once, and nothing is proved again for it")
    void aStoreThatHangsIsAskedForOnce() throws RecoveryException {
        List<Silent> seen = new ArrayList<>();
        MemoryHosts.Host a = hosts.joined("a", real -> {
            seen.add(new Silent(real));
            return seen.get(0);
        });
        Silent store = seen.get(0);
        Incarnation incarnation = hosts.create(a, "a");
        a.open();
        Admission pass = hosts.get(a.host.lead(MemoryHosts.VOLUME)).enter();
        hosts.delete(incarnation);
        int before = store.writes;
        hosts.until("the proof", () -> store.writes > before);
        hosts.pass(Duration.ofSeconds(1));
        int proved = store.writes;
        hosts.pass(Duration.ofSeconds(10));
        assertThat(store.writes).isEqualTo(proved);
        pass.close();
        hosts.until("the news", () -> a.events.stream().anyMatch(RecoveryEvent.StoreOrphaned.class::isInstance));
    }

    @Test
    @DisplayName("R21 R40: no round begins before the one before it has its answers, and the next one comes after them")
    void roundsDoNotPileUp() throws RecoveryException {
        List<Silent> seen = new ArrayList<>();
        MemoryHosts.Host a = hosts.joined("a", real -> {
            seen.add(new Silent(real));
            return seen.get(0);
        });
        Silent store = seen.get(0);
        hosts.create(a, "a");
        a.open();
        hosts.pass(Duration.ofSeconds(3));
        store.silent = true;
        hosts.pass(Duration.ofSeconds(20));
        assertThat(store.unanswered).hasSize(1);
        store.silent = false;
        int before = store.reads;
        store.unanswered.get(0).completeExceptionally(new RetriableException("no answer", Duration.ZERO));
        hosts.pass(Duration.ofSeconds(5));
        assertThat(store.reads - before).isBetween(4, 5);
    }
}
