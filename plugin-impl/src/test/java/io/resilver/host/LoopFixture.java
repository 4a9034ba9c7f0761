package io.resilver.host;

import io.resilver.coordination.Ensemble;
import io.resilver.coordination.HostNode;
import io.resilver.coordination.HostSession;
import io.resilver.coordination.LeaseSettings;
import io.resilver.coordination.Paths;
import io.resilver.coordination.StoreMarks;
import io.resilver.coordination.TakeOverPace;
import io.resilver.coordination.TakeOverSettings;
import io.resilver.coordination.TakeOverWatch;
import io.resilver.coordination.Tenure;
import io.resilver.coordination.Versioned;
import io.resilver.coordination.VolumeAuthority;
import io.resilver.coordination.VolumeRecord;
import io.resilver.coordination.VolumeRecordCodec;
import io.resilver.coordination.Volumes;
import io.resilver.execution.Counting;
import io.resilver.execution.LeaderContext;
import io.resilver.execution.LeaderOptions;
import io.resilver.execution.Meter;
import io.resilver.execution.PinLedger;
import io.resilver.execution.Planning;
import io.resilver.execution.RecoveryScheduler;
import io.resilver.execution.VolumeLeader;
import io.resilver.plugin.runtime.ThreadedRuntime;
import io.resilver.replica.AdapterTraits;
import io.resilver.replica.MemoryVolume;
import io.resilver.replica.RecordedEvents;
import io.resilver.replica.ReplicaServer;
import io.resilver.replica.ReplicaTarget;
import io.resilver.runtime.HostRuntime;
import io.resilver.runtime.Strand;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.policy.RecoveryPolicy;
import io.resilver.spi.storage.Capability;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.SourceVolume;
import io.resilver.spi.storage.VolumeStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * The loop of one host over a real server, a real session and a store in memory. Its volume has this replica only, so that
 * what a term needs is the record. The watch has a clock of its own, moved by hand.
 */
final class LoopFixture implements AutoCloseable, HostSession.Listener {
    static final Duration FIRST_BACK_OFF = Duration.ofSeconds(1);
    static final Duration SILENCE = Duration.ofSeconds(1);
    static final Duration LINK_GRACE = Duration.ofMillis(200);
    static final ReplicaId SELF = new ReplicaId(new VolumeId("vol"), "a");
    private static final HostId HOST = new HostId("a");

    final FaultyStore store;
    final HostSession session;
    final AtomicLong nanos = new AtomicLong();
    final List<VolumeLeader> terms = new CopyOnWriteArrayList<>();
    final LocalReplica replica;
    final TakeOverPace pace = new TakeOverPace(1);
    final LeadLoop loop;
    /** How many of the next leaders cannot be made: an adapter that throws. */
    final AtomicInteger broken = new AtomicInteger();

    private final List<LeadLoop> loops = new CopyOnWriteArrayList<>();
    private final List<Throwable> uncaught = new CopyOnWriteArrayList<>();
    private final ThreadedRuntime runtime = new ThreadedRuntime(HOST);
    private final ReplicaServer server;
    private final MemoryVolume volume = new MemoryVolume();
    private final Volumes volumes;
    private final TakeOverWatch watch;
    private final Duration readLease;

    /** Admits the store and watches. A term acknowledges nothing before its read lease is over. */
    LoopFixture(Ensemble ensemble, Duration readLease) throws Exception {
        this.readLease = readLease;
        store = new FaultyStore(ensemble.client("loop"));
        session = new HostSession(
                store,
                HOST,
                new Endpoint("127.0.0.1", 7),
                new LeaseSettings(Ensemble.SESSION, Ensemble.TICK, Duration.ofMillis(250)),
                runtime,
                this);
        Ensemble.get(session.start());
        volumes = new Volumes(store, session, strand(), runtime);
        Incarnation incarnation = Ensemble.get(volumes.create(new VolumeSpec(
                SELF.volume(), List.of(new ReplicaAssignment(SELF, HOST, Optional.empty(), Duty.FOLLOW)), 1)));
        Strand strand = strand();
        VolumeAuthority authority = new VolumeAuthority(store, session, SELF, incarnation, strand, runtime);
        VolumeRecord record = Ensemble.get(authority.admit(volume.identity(), new Marks(volume)))
                .record();
        server = new ReplicaServer(
                runtime, new RecordedEvents(), new AdapterTraits("memory", Set.of(Capability.TRUNCATE)));
        ReplicaTarget target = server.add(new OwnStore(SELF, volume), incarnation);
        Ensemble.get(target.open(Optional.of(record.epoch())));
        replica = new LocalReplica(new OwnStore(SELF, volume), incarnation, target, strand, runtime);
        watch = new TakeOverWatch(
                nanos::get,
                new TakeOverSettings(SILENCE, LINK_GRACE, Duration.ofMillis(500), FIRST_BACK_OFF, Duration.ofHours(1)),
                SELF);
        watch.recordSeen(record);
        loop = new LeadLoop(replica, authority, watch, pace, volumes, session, this::leader, runtime);
        loops.add(loop);
    }

    private Strand strand() {
        return new Strand(runtime.workers(), uncaught::add);
    }

    private VolumeLeader leader(LocalReplica own, Tenure tenure, long boundaryLsn) {
        if (broken.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
            throw new IllegalStateException("an adapter's bug");
        }
        VolumeLeader made = leader(own, tenure, boundaryLsn, session, readLease, runtime);
        terms.add(made);
        return made;
    }

    /** A leader that reaches nobody else: its volume must have no other replica. */
    static VolumeLeader leader(
            LocalReplica own,
            Tenure tenure,
            long boundaryLsn,
            HostSession session,
            Duration readLease,
            HostRuntime runtime) {
        LeaderOptions byDefault = LeaderOptions.DEFAULT;
        LeaderContext context = new LeaderContext(
                own.incarnation(),
                tenure.epoch(),
                own.id(),
                own.store(),
                new AdapterTraits("memory", Set.of()),
                (host, where, whose, listener) -> {
                    throw new AssertionError("nobody else is to be reached, asked for " + whose);
                },
                Planning.SOUND,
                Counting.SOUND,
                new RecoveryPolicy() {},
                new RecoveryScheduler(1, 1, 1 << 20),
                new PinLedger(),
                new Silent(),
                event -> {},
                () -> {},
                new LeaderOptions(
                        byDefault.batchBytes(),
                        byDefault.windowBytes(),
                        byDefault.fenceTimeout(),
                        Duration.ofMillis(20),
                        readLease,
                        readLease,
                        byDefault.joinHold(),
                        byDefault.undecidedRetry(),
                        byDefault.progressInterval(),
                        byDefault.scrub()));
        return new VolumeLeader(
                context,
                new RecordMembership(tenure, session),
                own.writerGate(tenure.epoch()),
                boundaryLsn,
                runtime,
                own.strand());
    }

    /** Lets the watch's time go on. */
    void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    /** A failure that the watch hears of, as after an attempt. */
    void failedBefore() throws Exception {
        onStrand(() -> {
            watch.failed();
            return true;
        });
    }

    /** The store says from now on why it does not tell its promise; with an empty reason it does again. */
    void refusesPromises(String why) {
        volume.hook = call -> {
            if (call.startsWith("position") && !why.isEmpty()) {
                throw new PermanentException(why);
            }
        };
    }

    /** Runs something when the store next promises an epoch, as it does when it adopts a term. */
    void atPromise(Runnable what) {
        volume.hook = call -> {
            if (call.startsWith("promise")) {
                what.run();
            }
        };
    }

    /** How long the watch waits yet. */
    Optional<Duration> nextTry() throws Exception {
        return onStrand(watch::nextTry);
    }

    private <T> T onStrand(Callable<T> asked) throws Exception {
        CompletableFuture<T> answer = new CompletableFuture<>();
        replica.strand().execute(() -> {
            try {
                answer.complete(asked.call());
            } catch (Exception e) {
                answer.completeExceptionally(e);
            }
        });
        return Ensemble.get(answer);
    }

    VolumeRecord record() throws Exception {
        return Ensemble.get(reading());
    }

    /** The record, read as it is now; does not wait. */
    CompletionStage<VolumeRecord> reading() {
        return volumes.read(SELF.volume()).thenApply(Optional::orElseThrow);
    }

    /** Changes the record behind everybody's back, as another host or a person does. */
    void rewrite(UnaryOperator<VolumeRecord> how) throws Exception {
        String path = Paths.volume(SELF.volume());
        Versioned<byte[]> found = Ensemble.get(store.read(path)).orElseThrow();
        VolumeRecord next = how.apply(VolumeRecordCodec.decode(path, found.value()));
        Ensemble.get(store.compareAndSet(
                path,
                VolumeRecordCodec.encode(next),
                found.version(),
                Set.of(Paths.host(session.node().orElseThrow()))));
    }

    @Override
    public void sessionOpened(HostNode node) {
        told(LeadLoop::sessionOpened);
    }

    @Override
    public void hostsSeen(Set<HostNode> live) {
        told(each -> each.hostsSeen(live));
    }

    private void told(Consumer<LeadLoop> what) {
        loops.forEach(what); // none yet while the session is opened for the first time
    }

    @Override
    public void denied(RecoveryException why) {
        uncaught.add(why);
    }

    @Override
    public void close() {
        replica.close(server::remove, "the test is over")
                .toCompletableFuture()
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
        session.close();
        store.close();
        runtime.close();
        if (!uncaught.isEmpty()) {
            throw new AssertionError("a task threw", uncaught.get(0));
        }
    }

    record Marks(ReplicaVolume volume) implements StoreMarks {
        @Override
        public CompletionStage<Void> identify(StoreIdentity identity) {
            return made(() -> volume.identify(identity));
        }

        @Override
        public CompletionStage<Void> markUnusable(String why) {
            return made(() -> volume.markUnusable(why));
        }

        private interface Change {
            void make() throws RecoveryException;
        }

        private static CompletionStage<Void> made(Change change) {
            try {
                change.make();
                return CompletableFuture.completedFuture(null);
            } catch (RecoveryException e) {
                return CompletableFuture.failedFuture(e);
            }
        }
    }

    record OwnStore(ReplicaId replica, ReplicaVolume target) implements VolumeStore {
        @Override
        public SourceVolume source() {
            throw new AssertionError("nobody else is to be sent anything");
        }

        @Override
        public void close() {}
    }

    private static final class Silent implements Meter {
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
