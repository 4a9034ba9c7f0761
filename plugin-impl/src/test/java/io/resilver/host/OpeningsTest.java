package io.resilver.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.ForwardingStore;
import io.resilver.coordination.Versioned;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.SourceVolume;
import io.resilver.spi.storage.VolumeStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a host remembers of the stores that it opens, and what it holds meanwhile. */
class OpeningsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Incarnation INCARNATION = new Incarnation("i");

    private final MemoryHosts hosts = new MemoryHosts();

    private static ReplicaId replica(int i) {
        return new ReplicaId(new VolumeId("v" + i), "a");
    }

    @Test
    @DisplayName(
            "R21: of a replica for which nothing is under way nothing is remembered, and an open one is closed all the same")
    void remembersWhatIsUnderWay() {
        Map<ReplicaId, LocalReplica> open = new ConcurrentHashMap<>();
        Openings openings = new Openings(hosts.new Host("a").host, open, (replica, tenure, boundary) -> {
            throw new AssertionError("nothing is led");
        });
        List<CompletionStage<?>> asked = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            asked.add(openings.open(replica(i), INCARNATION));
            asked.add(openings.remove(replica(i + 50), INCARNATION));
        }
        assertThat(openings.underWay()).isEqualTo(100);
        asked.forEach(hosts::get);
        assertThat(openings.underWay()).isZero();
        assertThat(open).hasSize(50);
        hosts.get(openings.close("a test"));
        assertThat(open).isEmpty();
        assertThat(openings.underWay()).isZero();
    }

    @Test
    @DisplayName("R21: no lock is held while a store is being opened: another one is asked for meanwhile")
    void noLockIsHeldWhileItAsks() throws RecoveryException {
        MemoryHosts.Host[] host = new MemoryHosts.Host[1];
        AtomicBoolean opening = new AtomicBoolean();
        List<Boolean> ended = new ArrayList<>();
        host[0] = hosts.joined(
                "a",
                real -> new Probing(real, () -> {
                    if (!opening.getAndSet(false)) {
                        return;
                    }
                    Thread other = new Thread(() -> host[0].host.openReplica(replica(7), INCARNATION));
                    other.start();
                    try {
                        other.join(PATIENCE.toMillis());
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    ended.add(!other.isAlive());
                }));
        hosts.create(host[0], "a");
        opening.set(true);
        host[0].host.openReplica(MemoryHosts.replica("a"));
        assertThat(ended).containsExactly(true);
    }

    @Test
    @DisplayName(
            "R12: an opening that cannot even be asked for holds nothing: another replica of the volume may be opened")
    void anOpeningThatThrowsHoldsNothing() throws RecoveryException {
        boolean[] broken = {false};
        MemoryHosts.Host a = hosts.joined(
                "a",
                real -> new Probing(real, () -> {
                    if (broken[0]) {
                        throw new IllegalStateException("a client's bug");
                    }
                }));
        hosts.create(a, "a", "b");
        broken[0] = true;
        assertThat(hosts.failure(a.host.openReplica(MemoryHosts.replica("b")))).hasMessageContaining("a client's bug");
        broken[0] = false;
        assertThat(hosts.get(a.host.openReplica(MemoryHosts.replica("a"))).replica())
                .isEqualTo(MemoryHosts.replica("a"));
    }

    @Test
    @DisplayName(
            "R12, R13: a store that cannot be followed once it is served is let go of whole: it can be opened again")
    void aStoreThatCannotBeFollowedIsNotKept() throws RecoveryException {
        AtomicBoolean broken = new AtomicBoolean();
        MemoryHosts.Host a = hosts.joined("a");
        hosts.create(a, "a", "b");
        AtomicInteger closed = new AtomicInteger();
        a.adapter.stores = real -> new Nameless(real, broken, closed);
        Map<ReplicaId, LocalReplica> open = new ConcurrentHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            public LocalReplica put(ReplicaId replica, LocalReplica local) {
                broken.set(closed.get() == 0); // what comes next is that the host begins to follow it
                return super.put(replica, local);
            }
        };
        Cluster cluster = a.host.cluster().orElseThrow();
        Openings openings = new Openings(a.host, open, (replica, tenure, boundary) -> {
            throw new AssertionError("nothing is led");
        });
        ReplicaId replica = MemoryHosts.replica("a");
        assertThat(hosts.failure(openings.open(replica, cluster))).hasMessageContaining("an adapter's bug");
        assertThat(open).isEmpty();
        assertThat(closed).hasPositiveValue();
        assertThat(cluster.loop(replica)).isEmpty();
        assertThat(hosts.get(openings.open(replica, cluster)).replica()).isEqualTo(replica);
        assertThat(open).containsOnlyKeys(replica);
        assertThat(cluster.loop(replica)).isPresent();
        hosts.get(openings.close("a test"));
    }

    @Test
    @DisplayName("R12: a store that cannot even be served is closed")
    void aStoreThatCannotBeServedIsClosed() throws RecoveryException {
        MemoryHosts.Host a = hosts.new Host("a");
        AtomicInteger closed = new AtomicInteger();
        a.adapter.stores = real -> new Nameless(real, new AtomicBoolean(closed.get() == 0), closed);
        assertThat(hosts.failure(a.host.openReplica(replica(1), INCARNATION))).hasMessageContaining("an adapter's bug");
        assertThat(closed).hasValue(1);
        assertThat(a.open(INCARNATION).replica()).isEqualTo(MemoryHosts.replica("a"));
    }

    @Test
    @DisplayName("R21: so many may wait for one replica's store; who comes after that is refused, and nobody else")
    void callersAreBounded() {
        Openings openings =
                new Openings(hosts.new Host("a").host, new ConcurrentHashMap<>(), (replica, tenure, boundary) -> {
                    throw new AssertionError("nothing is led");
                });
        List<CompletionStage<?>> asked = new ArrayList<>();
        for (int i = 0; i < Openings.MOST_WAITING; i++) {
            asked.add(
                    i % 2 == 0
                            ? openings.open(replica(1), INCARNATION)
                            : openings.remove(replica(1), new Incarnation("older")));
        }
        List<CompletionStage<?>> tooMany =
                List.of(openings.open(replica(1), INCARNATION), openings.remove(replica(1), INCARNATION));
        for (CompletionStage<?> each : tooMany) {
            assertThat(hosts.failure(each))
                    .isInstanceOf(ResourceExhaustedException.class)
                    .hasMessageContaining(replica(1).toString());
        }
        assertThat(hosts.get(openings.open(replica(2), INCARNATION)).replica())
                .as("another replica's callers")
                .isEqualTo(replica(2));
        asked.forEach(hosts::get);
        assertThat(openings.underWay()).isZero();
        assertThat(hosts.get(openings.open(replica(1), INCARNATION)).replica()).isEqualTo(replica(1));
        hosts.get(openings.close("a test"));
    }

    /** A store that throws, once whenever a test says so, when it is asked whose it is. */
    private record Nameless(VolumeStore real, AtomicBoolean broken, AtomicInteger closed) implements VolumeStore {
        @Override
        public ReplicaId replica() {
            if (broken.getAndSet(false)) {
                throw new IllegalStateException("an adapter's bug");
            }
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
            closed.incrementAndGet();
            real.close();
        }
    }

    /** Does something in the middle of each reading of a record. */
    private static final class Probing extends ForwardingStore {
        private final Runnable probe;

        Probing(CoordinationStore real, Runnable probe) {
            super(real);
            this.probe = probe;
        }

        @Override
        public CompletionStage<Optional<Versioned<byte[]>>> read(String path) {
            probe.run();
            return super.read(path);
        }
    }
}
