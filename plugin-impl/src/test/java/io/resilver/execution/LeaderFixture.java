package io.resilver.execution;

import io.resilver.execution.scrub.ScrubOptions;
import io.resilver.replica.AdapterTraits;
import io.resilver.replica.HangingIo;
import io.resilver.replica.ManualRuntime;
import io.resilver.replica.MemoryVolume;
import io.resilver.replica.RecordedEvents;
import io.resilver.replica.ReplicaServer;
import io.resilver.runtime.Strand;
import io.resilver.spi.driver.Assignment;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.ReplicaStatus;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.storage.Capability;
import io.resilver.spi.storage.ReplicaVolume;
import io.resilver.spi.storage.SourceVolume;
import io.resilver.spi.storage.VolumeStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/** One term of a primary A with stores for B and C in the same thread: real senders and real targets, time by hand. */
final class LeaderFixture {
    static final VolumeId VOLUME = new VolumeId("vol");
    static final ReplicaId A = new ReplicaId(VOLUME, "a");
    static final ReplicaId B = new ReplicaId(VOLUME, "b");
    static final ReplicaId C = new ReplicaId(VOLUME, "c");
    static final Epoch FIRST = new Epoch(1, new MintId("m1"));
    static final Epoch TERM = new Epoch(2, new MintId("m2"));
    static final Incarnation INCARNATION = new Incarnation("inc");
    private static final Duration STEP = Duration.ofMillis(50);

    final ManualRuntime runtime = new ManualRuntime();
    final MemorySource source = new MemorySource();
    final MemoryVolume own = new MemoryVolume();
    final Map<ReplicaId, MemoryVolume> stores = new HashMap<>();
    /** The primary's I/O, and that of the others, which a test may have hang. */
    final HangingIo sourceIo = new HangingIo(runtime);

    final HangingIo targetIo = new HangingIo(runtime);
    final ReplicaServer server = new ReplicaServer(
            targetIo,
            new RecordedEvents(),
            new AdapterTraits("other", Set.of(Capability.SAME_IMAGE, Capability.TRUNCATE)));
    final DirectLink link = new DirectLink(runtime, server);
    final TestPolicy policy = new TestPolicy();
    final PinLedger ledger = new PinLedger();
    final RecoveryScheduler scheduler = new RecoveryScheduler(1, 1, 1 << 20);
    final List<RecoveryEvent> events = new ArrayList<>();
    final List<Throwable> uncaught = new ArrayList<>();
    final Strand strand = new Strand(runtime.workers(), uncaught::add);
    int batchBytes = 64;
    /** How often the term said that somebody does not answer where the record says. */
    int doubts;

    GivenSet set = new GivenSet(Set.of(A), 1);
    ScrubOptions scrub = ScrubOptions.OFF;
    Set<Capability> capabilities = Set.of();
    /** How long an answer lets data be read. */
    Duration servedFor = LeaderOptions.DEFAULT.servedFor();

    private long configuration;
    private VolumeLeader leader;

    LeaderFixture() {
        for (ReplicaId each : List.of(B, C)) {
            MemoryVolume volume = new MemoryVolume();
            stores.put(each, volume);
            server.add(volume.store(each), INCARNATION).open(Optional.of(FIRST));
        }
        runtime.runAll();
    }

    /** Gives a store what the primary has, up to an LSN, durably. */
    void holds(ReplicaId replica, long upToLsn) throws RecoveryException {
        stores.get(replica).append(source.batch(0, upToLsn));
        stores.get(replica).flush();
    }

    /** Begins the term; with all senders by themselves, or only when asked. */
    VolumeLeader lead(boolean recoverAll, ReplicaId... others) {
        leader = make();
        leader.start(assignment(others), recoverAll);
        runtime.runAll();
        return leader;
    }

    /** A term that was asked to begin, and has not done anything yet. */
    VolumeLeader leadWithoutRunning(ReplicaId... others) {
        leader = make();
        leader.start(assignment(others), false);
        return leader;
    }

    private VolumeLeader make() {
        VolumeStore store = new OwnStore(source, own);
        LeaderOptions byDefault = LeaderOptions.DEFAULT;
        LeaderContext context = new LeaderContext(
                INCARNATION,
                TERM,
                A,
                store,
                new AdapterTraits("memory", capabilities),
                link,
                Planning.SOUND,
                Counting.SOUND,
                policy,
                scheduler,
                ledger,
                new Counts(),
                events::add,
                () -> doubts++,
                new LeaderOptions(
                        batchBytes,
                        byDefault.windowBytes(),
                        byDefault.fenceTimeout(),
                        byDefault.tick(),
                        byDefault.readLease(),
                        servedFor,
                        byDefault.joinHold(),
                        byDefault.undecidedRetry(),
                        byDefault.progressInterval(),
                        scrub));
        return new VolumeLeader(context, set, () -> () -> {}, source.head(), sourceIo, strand);
    }

    /** The replica set of A and these, with a number that is newer than the last. */
    Assignment assignment(ReplicaId... others) {
        return assignment(
                ++configuration, Stream.of(others).map(each -> at(each, 7)).toList());
    }

    /** The next replica set: A, and one that is to be rebuilt. */
    Assignment rebuilding(ReplicaId replica) {
        ReplicaAssignment now = at(replica, 7);
        return assignment(
                ++configuration, List.of(new ReplicaAssignment(replica, now.host(), now.endpoint(), Duty.REBUILD)));
    }

    /** The replica set of A and others, under a number. */
    static Assignment assignment(long number, List<ReplicaAssignment> others) {
        return new Assignment(
                VOLUME,
                INCARNATION,
                TERM,
                number,
                A,
                Stream.concat(Stream.of(at(A, 7)), others.stream()).toList());
    }

    static ReplicaAssignment at(ReplicaId replica, int port) {
        return new ReplicaAssignment(
                replica,
                new HostId("host-" + replica.name()),
                Optional.of(new Endpoint("127.0.0.1", port)),
                Duty.FOLLOW);
    }

    /** Writes as the host's own writer does. */
    long write(int count) {
        long head = source.append(TERM, count);
        leader.flushed(head);
        runtime.runAll();
        return head;
    }

    /** Lets time go on, and everything that is due happen. */
    void pass(Duration time) {
        runtime.runAll();
        for (Duration left = time; !left.isZero() && !left.isNegative(); left = left.minus(STEP)) {
            runtime.advance(left.compareTo(STEP) < 0 ? left : STEP);
            runtime.runAll();
        }
    }

    /** What a stage that is complete by now was completed with. */
    <T> T now(CompletionStage<T> stage) {
        runtime.runAll();
        return stage.toCompletableFuture().getNow(null);
    }

    OptionalLong committed() {
        return leader.committedLsn();
    }

    ReplicaStatus status(ReplicaId replica) {
        return now(leader.status()).stream()
                .filter(each -> each.replica().equals(replica))
                .findAny()
                .orElseThrow();
    }

    <T extends RecoveryEvent> List<T> told(Class<T> kind) {
        return events.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    private static final class Counts implements Meter {
        @Override
        public void sent(long entries, long bytes) {}

        @Override
        public void step(long nanos) {}

        @Override
        public void scrubbed(long bytes) {}

        @Override
        public void committed() {}
    }

    private record OwnStore(SourceVolume source, ReplicaVolume target) implements VolumeStore {
        @Override
        public ReplicaId replica() {
            return A;
        }

        @Override
        public void close() {}
    }
}
