package io.resilver.host;

import static io.resilver.coordination.Ensemble.failure;
import static io.resilver.coordination.Ensemble.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.coordination.Ensemble;
import io.resilver.coordination.TakeOverSettings;
import io.resilver.execution.LeaderOptions;
import io.resilver.plugin.runtime.ThreadedRuntime;
import io.resilver.replica.MemoryVolume;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.policy.RecoveryPolicy;
import io.resilver.spi.storage.Capability;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.SourceVolume;
import io.resilver.spi.storage.StorageAdapter;
import io.resilver.spi.storage.VolumeStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that is compared with a record while the coordination service answers no change. */
class HangingOpeningTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final HostId HOST = new HostId("a");
    private static final ReplicaId REPLICA = new ReplicaId(new VolumeId("vol"), "a");

    private final List<Throwable> defects = new CopyOnWriteArrayList<>();
    private final AtomicBoolean storeClosed = new AtomicBoolean();

    private HostPorts ports(ThreadedRuntime runtime) {
        return new HostPorts(
                HOST,
                runtime,
                "scripted",
                new OneStore(),
                new RecoveryPolicy() {},
                (host, where, whose, listener) -> {
                    throw new AssertionError("nobody else is to be reached, asked for " + whose);
                },
                new Signals());
    }

    private static HostSettings settings() {
        return new HostSettings(
                1,
                1,
                1 << 20,
                Duration.ofMillis(100),
                new TakeOverSettings(
                        Duration.ofSeconds(1),
                        Duration.ofMillis(200),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(10)),
                LeaderOptions.DEFAULT);
    }

    @Test
    @DisplayName(
            "R12, R35: an opening whose change of the record is not answered asks again and again, and ends with the host: its"
                    + " caller hears so, and its store is closed")
    void endsWithTheHost(@TempDir Path directory) throws Exception {
        try (Ensemble ensemble = new Ensemble(directory);
                ThreadedRuntime runtime = new ThreadedRuntime(HOST);
                FaultyStore store = new FaultyStore(ensemble.client("opening"))) {
            ReplicaHost host = new ReplicaHost(ports(runtime), settings(), HostWiring.SOUND);
            get(host.join(store, new Endpoint("127.0.0.1", 7)));
            get(host.createVolume(new VolumeSpec(
                    REPLICA.volume(),
                    List.of(new ReplicaAssignment(REPLICA, HOST, Optional.empty(), Duty.FOLLOW)),
                    1)));
            store.loseAnswers();
            CompletionStage<VolumeStore> opening = host.openReplica(REPLICA);
            await().atMost(PATIENCE).until(() -> store.lostAnswers() > 1);
            assertThat(opening.toCompletableFuture()).isNotDone();
            get(host.resign());
            get(host.closeStores("the host is closing"));
            assertThat(failure(opening)).isInstanceOf(CancelledException.class);
            assertThat(storeClosed).isTrue();
            host.leave();
        }
        assertThat(defects).isEmpty();
    }

    private final class OneStore implements StorageAdapter {
        private final ReplicaVolume volume = new MemoryVolume();

        @Override
        public Set<Capability> capabilities() {
            return Set.of();
        }

        @Override
        public VolumeStore open(ReplicaId replica, Incarnation incarnation) {
            return new VolumeStore() {
                @Override
                public ReplicaId replica() {
                    return replica;
                }

                @Override
                public SourceVolume source() {
                    throw new AssertionError("nobody else is to be sent anything");
                }

                @Override
                public ReplicaVolume target() {
                    return volume;
                }

                @Override
                public void close() {
                    storeClosed.set(true);
                }
            };
        }

        @Override
        public void close() {}
    }

    private final class Signals implements HostPorts.Signals {
        @Override
        public void event(RecoveryEvent event) {}

        @Override
        public void forced(long nanos) {}

        @Override
        public void defect(String where, Throwable error) {
            defects.add(error);
        }

        @Override
        public void sent(long entries, long bytes) {}

        @Override
        public void step(long nanos) {}

        @Override
        public void scrubbed(long bytes) {}

        @Override
        public void committed() {}
    }
}
