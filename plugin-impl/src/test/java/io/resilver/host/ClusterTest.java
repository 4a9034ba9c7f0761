package io.resilver.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.coordination.Answer;
import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.ForwardingStore;
import io.resilver.coordination.HostNode;
import io.resilver.replica.MemoryVolume;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Incarnation;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a host tells all of its volumes. */
class ClusterTest {
    private final MemoryHosts hosts = new MemoryHosts();

    /** Refuses the host from some time on. */
    private static final class Refusing extends ForwardingStore {
        boolean refuses;

        Refusing(CoordinationStore real) {
            super(real);
        }

        @Override
        public CompletionStage<Answer> heartbeat(HostNode node, byte[] data) {
            return refuses
                    ? CompletableFuture.completedFuture(new Answer.Denied("no access"))
                    : super.heartbeat(node, data);
        }
    }

    @Test
    @DisplayName("R43: a refusal that comes while a store is being opened is told to who asks to lead its volume")
    void aRefusalWhileAStoreIsOpened() throws RecoveryException {
        Refusing[] made = new Refusing[1];
        MemoryHosts.Host a = hosts.joined("a", real -> {
            made[0] = new Refusing(real);
            return made[0];
        });
        Incarnation incarnation = hosts.create(a, "a");
        MemoryVolume disk = a.adapter.disk(MemoryHosts.replica("a"), incarnation);
        disk.hook = call -> {
            if (call.startsWith("promise") && !made[0].refuses) {
                made[0].refuses = true;
                hosts.until("the refusal", () -> a.host.denied().isPresent());
            }
        };
        a.open();
        assertThat(made[0].refuses).isTrue();
        assertThat(hosts.failure(a.host.lead(MemoryHosts.VOLUME)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("no access");
    }

    @Test
    @DisplayName("R32: nobody is told of a primary whose term could not be made")
    void noPrimaryBeforeItsTerm() throws RecoveryException {
        AtomicBoolean broken = new AtomicBoolean();
        MemoryHosts.Host a = hosts.joined("a");
        a.adapter.stores = store -> new MemoryHosts.Moody(store, broken);
        MemoryVolume disk = a.adapter.disk(MemoryHosts.replica("a"), hosts.create(a, "a"));
        a.open();
        disk.hook = call -> broken.compareAndSet(false, call.equals("promise 2"));
        a.host.lead(MemoryHosts.VOLUME);
        hosts.until("a mint, and its promise", broken::get);
        hosts.pass(Duration.ofMillis(100));
        assertThat(a.events).noneMatch(RecoveryEvent.PrimaryTookOver.class::isInstance);
        disk.hook = call -> {};
        broken.set(false);
        hosts.until("a term", () -> !a.host.leaders().isEmpty());
        assertThat(a.events)
                .filteredOn(RecoveryEvent.PrimaryTookOver.class::isInstance)
                .hasSize(1);
    }
}
