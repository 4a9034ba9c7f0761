package io.resilver.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.ForwardingStore;
import io.resilver.coordination.Versioned;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Incarnation;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a host deletes, and on whose word. */
class DeletionTest {
    private final MemoryHosts hosts = new MemoryHosts();
    private boolean fromThePast;

    @Test
    @DisplayName("R35: a read from before the volume was made is no proof that it is gone: what is led elsewhere stays")
    void aReadFromThePastDeletesNothing() throws RecoveryException {
        MemoryHosts.Host a = hosts.joined("a", Past::new);
        MemoryHosts.Host b = hosts.joined("b");
        Incarnation made = hosts.create(b, "a", "b");
        a.open();
        b.open();
        b.host.lead(MemoryHosts.VOLUME);
        hosts.until("b is primary", () -> !b.host.leaders().isEmpty());
        fromThePast = true;
        assertThat(hosts.failure(a.host.deleteVolume(MemoryHosts.VOLUME, made)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("is led by host b");
        assertThat(fromThePast).isFalse();
        assertThat(a.adapter.disks).hasSize(1);
        assertThat(hosts.record().incarnation()).isEqualTo(made);
    }

    @Test
    @DisplayName("R35: what is gone is deleted again without complaint, and what was left of it here goes")
    void whatIsGoneIsDeletedAgain() throws RecoveryException {
        MemoryHosts.Host a = hosts.joined("a");
        Incarnation made = hosts.create(a, "a");
        a.open();
        hosts.get(a.host.deleteVolume(MemoryHosts.VOLUME, made));
        assertThat(a.adapter.disks).isEmpty();
        hosts.get(a.host.deleteVolume(MemoryHosts.VOLUME, made));
        Incarnation anew = hosts.create(a, "a");
        hosts.get(a.host.deleteVolume(MemoryHosts.VOLUME, made));
        assertThat(hosts.record().incarnation()).isEqualTo(anew);
    }

    /** Shows one read what there was before the volume. */
    private final class Past extends ForwardingStore {
        Past(CoordinationStore real) {
            super(real);
        }

        @Override
        public CompletionStage<Optional<Versioned<byte[]>>> read(String path) {
            if (fromThePast) {
                fromThePast = false;
                return CompletableFuture.completedFuture(Optional.empty());
            }
            return super.read(path);
        }
    }
}
