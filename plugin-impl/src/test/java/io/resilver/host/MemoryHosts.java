package io.resilver.host;

import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.Paths;
import io.resilver.coordination.TakeOverSettings;
import io.resilver.coordination.Versioned;
import io.resilver.coordination.VolumeRecord;
import io.resilver.coordination.VolumeRecordCodec;
import io.resilver.coordination.memory.Fate;
import io.resilver.coordination.memory.MemoryEnsemble;
import io.resilver.coordination.memory.MemoryStore;
import io.resilver.execution.LeaderOptions;
import io.resilver.replica.ManualRuntime;
import io.resilver.replica.MemoryVolume;
import io.resilver.replica.link.ReplicaConnector;
import io.resilver.replica.link.Request;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Whole hosts in one thread, over a coordination service, disks and time in memory. They do not reach each other: what a test
 * of one of them needs of the others is their presence.
 */
final class MemoryHosts {
    static final VolumeId VOLUME = new VolumeId("vol");
    static final Duration SESSION = Duration.ofSeconds(6);
    private static final Duration STEP = Duration.ofMillis(5);
    private static final int MOST_STEPS = 4_000;

    final ManualRuntime runtime = new ManualRuntime();
    final MemoryEnsemble ensemble = new MemoryEnsemble(runtime, SESSION, Duration.ZERO);
    /** A client of the test's own. */
    final MemoryStore client = new MemoryStore(ensemble, runtime, () -> Fate.PROMPT);

    static ReplicaId replica(String host) {
        return new ReplicaId(VOLUME, host);
    }

    /** A host that has joined the coordination service. */
    Host joined(String name) {
        return joined(name, real -> real);
    }

    /** A host that has joined the coordination service, which it sees through what a test puts before it. */
    Host joined(String name, UnaryOperator<CoordinationStore> seen) {
        Host made = new Host(name);
        get(made.host.join(seen.apply(made.client), new Endpoint("127.0.0.1", 7)));
        return made;
    }

    /** Creates the volume, with a replica on each of these hosts. */
    Incarnation create(Host by, String... names) throws RecoveryException {
        return get(by.host.createVolume(new VolumeSpec(
                VOLUME,
                Arrays.stream(names)
                        .map(each ->
                                new ReplicaAssignment(replica(each), new HostId(each), Optional.empty(), Duty.FOLLOW))
                        .toList(),
                1)));
    }

    VolumeRecord record() throws RecoveryException {
        String path = Paths.volume(VOLUME);
        return VolumeRecordCodec.decode(path, ensemble.now(path).orElseThrow());
    }

    /** Changes the record behind everybody's back, as another host does. */
    void rewrite(UnaryOperator<VolumeRecord> how) throws RecoveryException {
        String path = Paths.volume(VOLUME);
        Versioned<byte[]> found = get(client.read(path)).orElseThrow();
        get(client.compareAndSet(
                path,
                VolumeRecordCodec.encode(how.apply(VolumeRecordCodec.decode(path, found.value()))),
                found.version(),
                Set.of()));
    }

    /** Deletes the volume behind everybody's back, as another host does. */
    void delete(Incarnation incarnation) {
        String path = Paths.volume(VOLUME);
        get(client.delete(
                path,
                Paths.mark(incarnation),
                get(client.read(path)).orElseThrow().version(),
                Set.of()));
    }

    /** Lets time go on, and everything that is due happen. */
    void pass(Duration time) {
        for (Duration left = time; left.toNanos() > 0; left = left.minus(STEP)) {
            runtime.runAll();
            runtime.advance(STEP);
        }
        runtime.runAll();
    }

    /** Lets time go on until a condition holds. */
    void until(String what, Supplier<Boolean> holds) {
        runtime.runAll();
        for (int i = 0; i < MOST_STEPS && !holds.get(); i++) {
            pass(STEP);
        }
        if (!holds.get()) {
            throw new AssertionError("it did not come to this: " + what);
        }
    }

    /** What a stage comes to. */
    <T> T get(CompletionStage<T> stage) {
        until("an answer", () -> stage.toCompletableFuture().isDone());
        return stage.toCompletableFuture().join();
    }

    /** What a stage fails with. */
    RecoveryException failure(CompletionStage<?> stage) {
        try {
            get(stage);
        } catch (CompletionException failed) {
            return Failures.typed(failed);
        }
        throw new AssertionError("it did not fail");
    }

    /** One host. */
    final class Host implements ReplicaConnector, HostPorts.Signals {
        final MemoryStore client = new MemoryStore(ensemble, runtime, () -> Fate.PROMPT);
        final Adapter adapter = new Adapter();
        final List<RecoveryEvent> events = new ArrayList<>();
        final List<Throwable> defects = new ArrayList<>();
        final ReplicaHost host;

        Host(String name) {
            host = new ReplicaHost(
                    new HostPorts(new HostId(name), runtime, "memory", adapter, new RecoveryPolicy() {}, this, this),
                    new HostSettings(
                            1,
                            1,
                            1 << 20,
                            Duration.ofMillis(250),
                            new TakeOverSettings(
                                    Duration.ofSeconds(1),
                                    Duration.ofMillis(500),
                                    Duration.ofMillis(500),
                                    Duration.ofMillis(200),
                                    Duration.ofSeconds(2)),
                            LeaderOptions.DEFAULT),
                    HostWiring.SOUND);
        }

        VolumeStore open() throws RecoveryException {
            return get(host.openReplica(replica(host.host().value())));
        }

        VolumeStore open(Incarnation incarnation) {
            return get(host.openReplica(replica(host.host().value()), incarnation));
        }

        /** Its process ends: its session is closed with it. */
        void end() {
            host.leave();
            client.close();
        }

        @Override
        public Stream open(HostId to, Endpoint endpoint, ReplicaId whose, Listener listener) {
            runtime.workers().execute(() -> listener.closed(new RetriableException("nobody listens", Duration.ZERO)));
            return new Stream() {
                @Override
                public void send(Request request) {}

                @Override
                public void close() {}
            };
        }

        @Override
        public void event(RecoveryEvent event) {
            events.add(event);
        }

        @Override
        public void defect(String where, Throwable error) {
            defects.add(error);
        }

        @Override
        public void forced(long nanos) {}

        @Override
        public void sent(long entries, long bytes) {}

        @Override
        public void step(long nanos) {}

        @Override
        public void scrubbed(long bytes) {}

        @Override
        public void committed() {}
    }

    /** Disks that outlive their stores, one for each incarnation of a replica. */
    static final class Adapter implements StorageAdapter {
        final Map<String, MemoryVolume> disks = new HashMap<>();
        Supplier<Set<Capability>> capabilities = Set::of;
        /** What a test puts before each store. */
        UnaryOperator<VolumeStore> stores = store -> store;

        @Override
        public Set<Capability> capabilities() {
            return capabilities.get();
        }

        @Override
        public VolumeStore open(ReplicaId replica, Incarnation incarnation) {
            return stores.apply(new LoopFixture.OwnStore(replica, disk(replica, incarnation)));
        }

        MemoryVolume disk(ReplicaId replica, Incarnation incarnation) {
            return disks.computeIfAbsent(replica + " " + incarnation, each -> new MemoryVolume());
        }

        @Override
        public boolean remove(ReplicaId replica, Incarnation incarnation) {
            return disks.remove(replica + " " + incarnation) != null;
        }

        @Override
        public void close() {}
    }

    /** A store that throws, when it is asked for its writing side, as long as a test says so. */
    record Moody(VolumeStore real, AtomicBoolean broken) implements VolumeStore {
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
            if (broken.get()) {
                throw new IllegalStateException("an adapter's bug");
            }
            return real.target();
        }

        @Override
        public void close() throws RecoveryException {
            real.close();
        }
    }
}
