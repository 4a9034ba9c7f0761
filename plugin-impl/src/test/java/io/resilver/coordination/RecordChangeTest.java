package io.resilver.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.coordination.memory.Fate;
import io.resilver.coordination.memory.MemoryEnsemble;
import io.resilver.coordination.memory.MemoryStore;
import io.resilver.replica.ManualRuntime;
import io.resilver.runtime.Strand;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.VolumeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What changes of a record ask of the coordination service, and when, in a time that the test moves. */
class RecordChangeTest {
    private static final VolumeId VOLUME = new VolumeId("vol");
    private static final Duration SESSION = Duration.ofSeconds(6);

    private final ManualRuntime runtime = new ManualRuntime();
    private final MemoryEnsemble ensemble = new MemoryEnsemble(runtime, SESSION, Duration.ZERO);
    private final Scripted store =
            new Scripted(new MemoryStore(ensemble, runtime, () -> Fate.late(Duration.ofMillis(1))));
    private final HostSession session = new HostSession(
            store,
            new HostId("a"),
            new Endpoint("127.0.0.1", 7),
            new LeaseSettings(SESSION, Duration.ofMillis(500), Duration.ofMillis(250)),
            runtime,
            new Nobody());
    private final Strand strand = new Strand(runtime.workers(), error -> {
        throw new AssertionError("a task threw", error);
    });
    private final Volumes volumes = new Volumes(store, session, strand, runtime);

    /** Answers compare-and-sets as the test says, and counts what is asked about records. */
    private static final class Scripted extends ForwardingStore {
        Supplier<Optional<Answer>> script = Optional::empty;
        /** Whether the answer to the next compare-and-set is lost; it is applied all the same. */
        BooleanSupplier lost = () -> false;

        int asked;
        /** What the next reading shows. */
        Optional<Versioned<byte[]>> stale = Optional.empty();

        Scripted(CoordinationStore real) {
            super(real);
        }

        @Override
        public CompletionStage<Optional<Versioned<byte[]>>> read(String path) {
            asked++;
            Optional<Versioned<byte[]>> old = stale;
            stale = Optional.empty();
            return old.isPresent() ? CompletableFuture.completedFuture(old) : super.read(path);
        }

        @Override
        public CompletionStage<Answer> compareAndSet(String path, byte[] data, int version, Set<String> checks) {
            asked++;
            return script.get()
                    .<CompletionStage<Answer>>map(CompletableFuture::completedFuture)
                    .orElseGet(() -> {
                        boolean unheard = lost.getAsBoolean();
                        CompletionStage<Answer> real = super.compareAndSet(path, data, version, checks);
                        return unheard ? real.thenApply(applied -> new Answer.Unknown("lost")) : real;
                    });
        }
    }

    private static final class Nobody implements HostSession.Listener {
        @Override
        public void sessionOpened(HostNode node) {}

        @Override
        public void hostsSeen(Set<HostNode> live) {}

        @Override
        public void denied(RecoveryException why) {
            throw new AssertionError(why);
        }
    }

    private void pass(Duration time) {
        for (long i = 0; i < time.toMillis(); i++) {
            runtime.runAll();
            runtime.advance(Duration.ofMillis(1));
        }
        runtime.runAll();
    }

    @BeforeEach
    void create() {
        session.start();
        pass(Duration.ofMillis(10));
        CompletionStage<?> created = volumes.create(new VolumeSpec(
                VOLUME,
                List.of(
                        new ReplicaAssignment(
                                new ReplicaId(VOLUME, "a"), new HostId("a"), Optional.empty(), Duty.FOLLOW),
                        new ReplicaAssignment(
                                new ReplicaId(VOLUME, "b"), new HostId("b"), Optional.empty(), Duty.FOLLOW)),
                1));
        pass(Duration.ofMillis(10));
        assertThat(created.toCompletableFuture()).isCompleted();
        store.asked = 0;
    }

    private Answer noMark() throws Exception {
        return new Answer.Missing(Paths.mark(VOLUME, record().incarnation()));
    }

    private static Throwable failure(CompletionStage<?> stage) {
        assertThat(stage.toCompletableFuture()).isDone();
        return stage.handle((value, failure) -> failure).toCompletableFuture().join();
    }

    @Test
    @DisplayName(
            "R21 R35: a record whose mark is missing cannot be changed: it fails at the second reading, and says so")
    void aMissingMarkIsNoConflict() throws Exception {
        Answer answer = noMark();
        store.script = () -> Optional.of(answer);
        CompletionStage<VolumeRecord> change = volumes.changeLeastInSync(VOLUME, 2);
        pass(Duration.ofMillis(100));
        assertThat(failure(change))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining(((Answer.Missing) answer).path());
        assertThat(store.asked).isEqualTo(3);
    }

    @Test
    @DisplayName("R21 R35: the same while an answer is missing: it does not ask for ever")
    void aMissingMarkEndsWhatIsUnsettled() throws Exception {
        Answer answer = noMark();
        store.script = () -> Optional.of(store.asked < 3 ? new Answer.Unknown("lost") : answer);
        CompletionStage<VolumeRecord> change = volumes.changeLeastInSync(VOLUME, 2);
        pass(Duration.ofSeconds(2));
        assertThat(failure(change)).isInstanceOf(PermanentException.class);
        assertThat(store.asked).isLessThan(10);
    }

    @Test
    @DisplayName(
            "R21 R35: a change that is unsettled waits between conflicts, however many there are, and ends when one is not")
    void conflictsOfWhatIsUnsettledArePaced() {
        store.script = () -> Optional.of(store.asked < 3 ? new Answer.Unknown("lost") : new Answer.Conflict());
        CompletionStage<VolumeRecord> change = volumes.changeLeastInSync(VOLUME, 2);
        pass(Duration.ofSeconds(2));
        assertThat(change.toCompletableFuture()).isNotDone();
        assertThat(store.asked).isBetween(10, 250);
        store.script = Optional::empty;
        pass(Duration.ofSeconds(2));
        assertThat(change.toCompletableFuture().join().leastInSync()).isEqualTo(2);
    }

    @Test
    @DisplayName(
            "R35 R36: a store is called unusable by a record that a write has proved, and never by an old one that was read")
    void anOldRecordMarksNoStore() throws Exception {
        ReplicaId self = new ReplicaId(VOLUME, "a");
        VolumeAuthority authority = authority(self);
        DiskFixture disk = new DiskFixture("first");
        authority.admit(disk.identity, disk);
        pass(Duration.ofMillis(100));
        Versioned<byte[]> old = inForce();
        DiskFixture other = new DiskFixture("second");
        authority(self).admit(other.identity, other);
        pass(Duration.ofMillis(100));
        assertThat(other.usable).as("it was replaced").isFalse();
        other.usable = true; // it was rebuilt, and is opened once more
        store.stale = Optional.of(old);
        CompletionStage<Opening> opened = authority(self).admit(other.identity, other);
        pass(Duration.ofMillis(100));
        assertThat(store.stale).as("the old record was read").isEmpty();
        assertThat(opened.toCompletableFuture().join()).isInstanceOf(Opening.Admitted.class);
        assertThat(other.usable).isTrue();
    }

    @Test
    @DisplayName("R36 R35: a disk that is one opening behind is no member's, though the record that was read is as old")
    void anOldRecordAdmitsNoRestoredDisk() throws Exception {
        ReplicaId self = new ReplicaId(VOLUME, "a");
        DiskFixture disk = new DiskFixture("first");
        authority(self).admit(disk.identity, disk);
        pass(Duration.ofMillis(100));
        Versioned<byte[]> old = inForce();
        StoreIdentity backup = disk.identity;
        authority(self).admit(disk.identity, disk);
        pass(Duration.ofMillis(100));
        assertThat(disk.identity.openCount()).isEqualTo(backup.openCount() + 1);
        disk.identity = backup; // the disk is restored
        store.stale = Optional.of(old);
        CompletionStage<Opening> opened = authority(self).admit(backup, disk);
        pass(Duration.ofMillis(100));
        assertThat(store.stale).as("the old record was read").isEmpty();
        assertThat(opened.toCompletableFuture().join()).isInstanceOf(Opening.Replaced.class);
        assertThat(disk.usable).isFalse();
        assertThat(record().inSync()).doesNotContain(self);
    }

    @Test
    @DisplayName("R36 R35: an opening whose answer was lost is known again by its raised count, and is no other's")
    void anOpeningWhoseAnswerWasLost() throws Exception {
        ReplicaId self = new ReplicaId(VOLUME, "a");
        DiskFixture disk = new DiskFixture("first");
        int[] sent = {0};
        store.lost = () -> ++sent[0] == 2; // the first proves the record, the second has the raised count
        CompletionStage<Opening> opened = authority(self).admit(disk.identity, disk);
        pass(Duration.ofSeconds(2));
        assertThat(opened.toCompletableFuture().join()).isInstanceOf(Opening.Admitted.class);
        assertThat(sent[0]).isEqualTo(3);
        assertThat(record().replica(self).orElseThrow().store()).contains(disk.identity);
        assertThat(disk.usable).isTrue();
    }

    @Test
    @DisplayName("R22: a rule that throws fails its change and is heard of; what comes after it goes on")
    void aRuleThatThrows() throws Exception {
        List<Throwable> bugs = new ArrayList<>();
        RecordChange.Ground ground = new RecordChange.Ground(
                store, session, runtime, new Strand(runtime.workers(), bugs::add), VOLUME, Optional.empty());
        CompletionStage<VolumeRecord> failed = new RecordChange<VolumeRecord>(
                        ground,
                        record -> {
                            throw new IllegalStateException("a rule's bug");
                        },
                        now -> {},
                        () -> false)
                .start();
        pass(Duration.ofMillis(100));
        assertThat(failure(failed)).isInstanceOf(PermanentException.class).hasMessageContaining("a rule's bug");
        assertThat(bugs).singleElement().isInstanceOf(IllegalStateException.class);
    }

    private VolumeAuthority authority(ReplicaId self) throws Exception {
        return new VolumeAuthority(store, session, self, record().incarnation(), strand, runtime);
    }

    private VolumeRecord record() throws Exception {
        return VolumeRecordCodec.decode(
                Paths.volume(VOLUME), ensemble.now(Paths.volume(VOLUME)).orElseThrow());
    }

    private Versioned<byte[]> inForce() {
        CompletionStage<Optional<Versioned<byte[]>>> read = store.read(Paths.volume(VOLUME));
        pass(Duration.ofMillis(10));
        return read.toCompletableFuture().join().orElseThrow();
    }

    /** The host in a session whose lease is over. */
    private final class WithoutLease implements HostPresence {
        @Override
        public HostId host() {
            return session.host();
        }

        @Override
        public Endpoint endpoint() {
            return session.endpoint();
        }

        @Override
        public Optional<HostNode> node() {
            return session.node();
        }

        @Override
        public boolean mayDecide() {
            return false;
        }

        @Override
        public void suspect() {}
    }

    @Test
    @DisplayName("R38: without a lease no volume is created or deleted, and it may be asked for again")
    void withoutALeaseNothingIsCreatedOrDeleted() throws Exception {
        Volumes idle = new Volumes(store, new WithoutLease(), strand, runtime);
        VolumeId other = new VolumeId("other");
        CompletionStage<?> created = idle.create(new VolumeSpec(
                other,
                List.of(new ReplicaAssignment(
                        new ReplicaId(other, "a"), new HostId("a"), Optional.empty(), Duty.FOLLOW)),
                1));
        CompletionStage<?> deleted =
                idle.delete(VOLUME, record().incarnation(), () -> CompletableFuture.completedFuture(null));
        pass(Duration.ofMillis(100));
        assertThat(failure(created)).isInstanceOf(RetriableException.class).hasMessageContaining("lease");
        assertThat(failure(deleted)).hasRootCauseInstanceOf(RetriableException.class);
        assertThat(ensemble.now(Paths.volume(other))).isEmpty();
        assertThat(ensemble.now(Paths.volume(VOLUME))).isPresent();
    }

    @Test
    @DisplayName("R21: a change of which nothing was sent gives up after a number of conflicts")
    void conflictsOfWhatIsSettledAreCounted() {
        store.script = () -> Optional.of(new Answer.Conflict());
        CompletionStage<VolumeRecord> change = volumes.changeLeastInSync(VOLUME, 2);
        pass(Duration.ofMillis(100));
        assertThat(failure(change)).isInstanceOf(RetriableException.class);
        assertThat(store.asked).isEqualTo(2 * RecordChange.MAX_CONFLICTS);
    }
}
