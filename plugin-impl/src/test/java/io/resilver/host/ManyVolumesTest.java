package io.resilver.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.coordination.Answer;
import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.ForwardingStore;
import io.resilver.coordination.HostNode;
import io.resilver.coordination.HostSession;
import io.resilver.coordination.LeaseSettings;
import io.resilver.coordination.Paths;
import io.resilver.coordination.TakeOverPace;
import io.resilver.coordination.TakeOverSettings;
import io.resilver.coordination.TakeOverWatch;
import io.resilver.coordination.Versioned;
import io.resilver.coordination.VolumeAuthority;
import io.resilver.coordination.VolumeRecord;
import io.resilver.coordination.VolumeRecordCodec;
import io.resilver.coordination.Volumes;
import io.resilver.coordination.memory.Fate;
import io.resilver.coordination.memory.MemoryEnsemble;
import io.resilver.coordination.memory.MemoryStore;
import io.resilver.replica.AdapterTraits;
import io.resilver.replica.ManualRuntime;
import io.resilver.replica.MemoryVolume;
import io.resilver.replica.RecordedEvents;
import io.resilver.replica.ReplicaServer;
import io.resilver.replica.ReplicaTarget;
import io.resilver.runtime.Strand;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a host with many volumes asks of the ensemble, in a time that the test moves. */
class ManyVolumesTest implements HostSession.Listener {
    private static final int VOLUMES = 300;
    private static final int SLOTS = 4;
    private static final Duration SESSION = Duration.ofSeconds(6);
    private static final Duration STEP = Duration.ofMillis(2);
    private static final HostId SELF = new HostId("b");

    private final ManualRuntime runtime = new ManualRuntime();
    private final MemoryEnsemble ensemble = new MemoryEnsemble(runtime, SESSION, Duration.ZERO);
    private final MemoryStore dying = new MemoryStore(ensemble, runtime, () -> Fate.PROMPT);
    private final Counting store =
            new Counting(new MemoryStore(ensemble, runtime, () -> Fate.late(Duration.ofMillis(3))));
    private final HostSession session = new HostSession(
            store,
            SELF,
            new Endpoint("127.0.0.1", 7),
            new LeaseSettings(SESSION, Duration.ofMillis(500), Duration.ofMillis(250)),
            runtime,
            this);
    private final List<LeadLoop> loops = new ArrayList<>();
    private final List<CompletionStage<Leadership>> led = new ArrayList<>();
    /** The primary of all, while it lives. */
    private Optional<HostNode> primary = Optional.empty();

    /** How many requests are under way, and how many were at most. */
    private static final class Crowd {
        private int now;
        int most;
        int all;

        <T> CompletionStage<T> with(CompletionStage<T> request) {
            all++;
            most = Math.max(most, ++now);
            return request.whenComplete((answer, failure) -> now--);
        }

        void forget() {
            most = 0;
            all = 0;
        }
    }

    /** Counts the reads of records, and what is under way. */
    private static final class Counting extends ForwardingStore {
        private final Map<String, Long> minted = new HashMap<>();
        int reads;
        final Crowd reading = new Crowd();
        final Crowd setting = new Crowd();
        final Crowd listing = new Crowd();
        int minting;
        int mostMinting;

        Counting(CoordinationStore real) {
            super(real);
        }

        @Override
        public CompletionStage<Optional<Versioned<byte[]>>> read(String path) {
            reads++;
            return reading.with(super.read(path));
        }

        @Override
        public CompletionStage<Answer> compareAndSet(String path, byte[] data, int version, Set<String> checks) {
            long epoch = epochOf(path, data);
            if (epoch <= minted.getOrDefault(path, 1L)) {
                return setting.with(super.compareAndSet(path, data, version, checks));
            }
            minted.put(path, epoch);
            mostMinting = Math.max(mostMinting, ++minting);
            return super.compareAndSet(path, data, version, checks).whenComplete((answer, failure) -> minting--);
        }

        private static long epochOf(String path, byte[] data) {
            try {
                return VolumeRecordCodec.decode(path, data).epoch().number();
            } catch (RecoveryException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public CompletionStage<Set<String>> children(String path) {
            return listing.with(super.children(path));
        }
    }

    private void until(BooleanSupplier holds) {
        for (int i = 0; i < 20_000 && !holds.getAsBoolean(); i++) {
            runtime.runAll();
            runtime.advance(STEP);
            if (i % 100 == 0) {
                beat();
            }
        }
        assertThat(holds.getAsBoolean()).isTrue();
    }

    private void beat() {
        primary.ifPresent(node -> dying.heartbeat(node, new byte[0]));
    }

    private <T> T get(CompletionStage<T> stage) {
        until(() -> stage.toCompletableFuture().isDone());
        return stage.toCompletableFuture().join();
    }

    private Strand strand() {
        return new Strand(runtime.workers(), error -> {
            throw new AssertionError("a task threw", error);
        });
    }

    @BeforeEach
    void followManyVolumesOfAnotherHost() throws RecoveryException {
        primary = Optional.of(get(dying.openHostNode(new HostId("a"), new byte[0])));
        get(session.start());
        until(() -> session.liveHosts().size() == 2);
        Volumes volumes = new Volumes(store, session, strand(), runtime);
        ReplicaServer server = new ReplicaServer(runtime, new RecordedEvents(), new AdapterTraits("memory", Set.of()));
        TakeOverPace pace = new TakeOverPace(SLOTS);
        for (int i = 0; i < VOLUMES; i++) {
            follow(new ReplicaId(new VolumeId("v" + i), "b"), volumes, server, pace);
        }
        loops.forEach(each -> led.add(each.lead()));
        until(() -> runtime.clock().nanos() % 1_000_000_000 < STEP.toNanos());
    }

    /** The record says that host a leads: it has no replica here, so that a term of this host needs nobody else. */
    private void follow(ReplicaId replica, Volumes volumes, ReplicaServer server, TakeOverPace pace)
            throws RecoveryException {
        Incarnation incarnation = new Incarnation("i");
        get(store.create(
                Paths.volume(replica.volume()),
                Paths.mark(incarnation),
                VolumeRecordCodec.encode(new VolumeRecord(
                        replica.volume(),
                        incarnation,
                        new Epoch(1, new MintId("m")),
                        primary,
                        0,
                        List.of(new VolumeRecord.Replica(replica, SELF, Optional.empty(), Optional.empty())),
                        Set.of(replica),
                        1)),
                Set.of()));
        MemoryVolume disk = new MemoryVolume();
        Strand strand = strand();
        VolumeAuthority authority = new VolumeAuthority(store, session, replica, incarnation, strand, runtime);
        VolumeRecord record = get(authority.admit(disk.identity(), new LoopFixture.Marks(disk)))
                .record();
        ReplicaTarget target = server.add(disk.store(replica), incarnation);
        get(target.open(Optional.of(record.epoch())));
        LocalReplica local =
                new LocalReplica(new LoopFixture.OwnStore(replica, disk), incarnation, target, strand, runtime);
        TakeOverWatch watch = new TakeOverWatch(
                runtime.clock(),
                new TakeOverSettings(
                        Duration.ofDays(1),
                        Duration.ofMillis(200),
                        Duration.ofMillis(500),
                        Duration.ofMillis(200),
                        Duration.ofSeconds(10)),
                replica);
        watch.recordSeen(record);
        loops.add(new LeadLoop(
                local,
                authority,
                watch,
                pace,
                volumes,
                session,
                (own, tenure, boundary) ->
                        LoopFixture.leader(own, tenure, boundary, session, Duration.ofMillis(1), runtime),
                runtime));
    }

    @Override
    public void sessionOpened(HostNode node) {
        loops.forEach(LeadLoop::sessionOpened);
    }

    @Override
    public void hostsSeen(Set<HostNode> live) {
        loops.forEach(each -> each.hostsSeen(live));
    }

    @Override
    public void denied(RecoveryException why) {
        throw new AssertionError(why);
    }

    private boolean allLead() {
        return led.stream().map(CompletionStage::toCompletableFuture).allMatch(CompletableFuture::isDone);
    }

    @Test
    @DisplayName("R39 R40: the volumes of a dead host are taken over, no more at once than the host has slots")
    void takeOversArePaced() {
        assertThat(led).noneMatch(each -> each.toCompletableFuture().isDone());
        leadAll();
        assertThat(store.minted).hasSize(VOLUMES);
        assertThat(store.mostMinting).isEqualTo(SLOTS);
    }

    private void leadAll() {
        long session = primary.orElseThrow().session();
        primary = Optional.empty();
        ensemble.expire(session);
        until(this::allLead);
    }

    @Test
    @DisplayName(
            "R38 R40: in a new session a host's terms are confirmed, and its records and hosts read, a few at a time")
    void aNewSessionIsPaced() {
        leadAll();
        HostNode before = session.node().orElseThrow();
        List.of(store.setting, store.reading, store.listing).forEach(Crowd::forget);
        ensemble.expire(before.session());
        until(() -> session.node().filter(now -> !now.equals(before)).isPresent() && allAreLedBy(session.node()));
        for (int i = 0; i < VOLUMES; i++) {
            assertThat(record(i).epoch().number()).as("no new epoch").isEqualTo(2);
        }
        assertThat(store.setting.most).as("changes under way").isBetween(1, SLOTS);
        assertThat(store.reading.most).as("reads under way").isBetween(1, SLOTS);
        assertThat(store.listing.most).as("readings of the hosts under way").isBetween(1, 2);
    }

    @Test
    @DisplayName(
            "R40: a host that begins to lead many volumes, and finds their primary's node missing, reads a few at a time")
    void readingInDoubtIsPaced() {
        List.of(store.reading, store.listing).forEach(Crowd::forget);
        HostNode elsewhere = get(dying.openHostNode(new HostId("c"), new byte[0]));
        loops.forEach(each -> each.hostsSeen(Set.of(elsewhere)));
        loops.forEach(LeadLoop::recordDoubted);
        until(() -> store.reading.all >= VOLUMES && store.reading.now == 0);
        assertThat(store.reading.most).as("reads under way").isBetween(1, SLOTS);
        assertThat(store.listing.most).as("readings of the hosts under way").isBetween(1, 2);
        assertThat(led).noneMatch(each -> each.toCompletableFuture().isDone());
    }

    @Test
    @DisplayName(
            "R39: hosts are read once more before a mint: a primary that came after they were last seen keeps its term")
    void aPrimaryThatHasJustComeIsNotTakenForGone() {
        MemoryStore coming = new MemoryStore(ensemble, runtime, () -> Fate.PROMPT);
        HostNode fresh = new HostNode(new HostId("c"), coming.session());
        VolumeRecord before = record(0);
        String path = Paths.volume(before.volume());
        get(coming.compareAndSet(
                path,
                VolumeRecordCodec.encode(new VolumeRecord(
                        before.volume(),
                        before.incarnation(),
                        new Epoch(2, new MintId("c")),
                        Optional.of(fresh),
                        before.configuration() + 1,
                        before.replicas(),
                        before.inSync(),
                        before.leastInSync())),
                get(coming.read(path)).orElseThrow().version(),
                Set.of()));
        CompletionStage<HostNode> come = coming.openHostNode(fresh.host(), new byte[0]);
        while (!come.toCompletableFuture().isDone()) {
            runtime.advance(Duration.ZERO); // no time passes in which this host could see it
            runtime.runAll();
        }
        assertThat(session.liveHosts()).as("what this host has seen").doesNotContain(fresh);
        loops.get(0).hostsSeen(Set.of(session.node().orElseThrow()));
        until(() -> session.liveHosts().contains(fresh) && store.reading.now == 0);
        pass(Duration.ofSeconds(10));
        assertThat(record(0).primary()).contains(fresh);
        assertThat(led.get(0).toCompletableFuture()).isNotDone();
    }

    /** The primary hands one volume over, and goes on with the others. */
    private void handOver(int i) {
        VolumeRecord before = record(i);
        String path = Paths.volume(before.volume());
        get(dying.compareAndSet(
                path,
                VolumeRecordCodec.encode(new VolumeRecord(
                        before.volume(),
                        before.incarnation(),
                        before.epoch(),
                        Optional.empty(),
                        before.configuration(),
                        before.replicas(),
                        before.inSync(),
                        before.leastInSync())),
                get(dying.read(path)).orElseThrow().version(),
                Set.of()));
    }

    @Test
    @DisplayName(
            "R39: a volume that is handed over by a host that stays is led within moments, and the others are left alone")
    void aHandOverIsSeenByTheStreamThatEnds() {
        handOver(0);
        loops.get(0).senderLeft();
        loops.get(1).senderLeft();
        long left = runtime.clock().nanos();
        until(() -> runtime.clock().nanos() - left >= Duration.ofMillis(20).toNanos());
        handOver(1); // after the record was read
        long before = runtime.clock().nanos();
        store.reads = 0;
        until(() -> led.get(0).toCompletableFuture().isDone()
                && led.get(1).toCompletableFuture().isDone());
        assertThat(Duration.ofNanos(runtime.clock().nanos() - before)).isLessThan(Duration.ofSeconds(1));
        loops.get(2).senderLeft();
        until(() -> runtime.clock().nanos() - before > Duration.ofSeconds(3).toNanos());
        assertThat(store.reads).as("readings").isLessThan(20);
        assertThat(led.get(2).toCompletableFuture()).isNotDone();
    }

    private boolean allAreLedBy(Optional<HostNode> node) {
        return IntStream.range(0, VOLUMES).allMatch(i -> record(i).primary().equals(node));
    }

    private VolumeRecord record(int i) {
        String path = Paths.volume(new VolumeId("v" + i));
        try {
            return VolumeRecordCodec.decode(path, ensemble.now(path).orElseThrow());
        } catch (RecoveryException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    @DisplayName("R40: a volume of which nothing is expected is read a few times an hour, whoever is heard")
    void littleIsReadWhileNothingHappens() {
        pass(Duration.ofMinutes(15));
        store.reads = 0;
        pass(Duration.ofHours(1));
        assertThat(led).noneMatch(each -> each.toCompletableFuture().isDone());
        assertThat(store.reads).isBetween(11 * VOLUMES, 25 * VOLUMES);
    }

    private void pass(Duration time) {
        long until = runtime.clock().nanos() + time.toNanos();
        while (runtime.clock().nanos() < until) {
            loops.forEach(LeadLoop::heardFromPrimary);
            for (int i = 0; i < 10; i++) {
                runtime.advance(Duration.ofSeconds(1));
                runtime.runAll();
                beat();
            }
        }
    }
}
