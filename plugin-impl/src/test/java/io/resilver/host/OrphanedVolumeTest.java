package io.resilver.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.coordination.Paths;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Incarnation;
import java.util.Set;
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
        String path = Paths.volume(MemoryHosts.VOLUME);
        hosts.get(hosts.client.delete(
                path,
                Paths.mark(incarnation),
                hosts.get(hosts.client.read(path)).orElseThrow().version(),
                Set.of()));
        assertThat(hosts.failure(waiting))
                .isInstanceOf(CancelledException.class)
                .hasMessageContaining("the volume was deleted");
        assertThat(hosts.get(term.ended())).contains("the volume was deleted");
        hosts.until("the news", () -> b.events.stream().anyMatch(RecoveryEvent.StoreOrphaned.class::isInstance));
    }
}
