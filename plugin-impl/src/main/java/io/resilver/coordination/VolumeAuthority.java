package io.resilver.coordination;

import io.resilver.runtime.HostRuntime;
import io.resilver.runtime.Strand;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * What the coordination service says about one replica of this host: whether its disk is the one that the record knows,
 * and whether it may lead. One for each local replica of a volume. All work runs on the strand given; methods may be called
 * from any thread and do not block. A change that is under way when the authority is closed ends by itself.
 */
public final class VolumeAuthority implements AutoCloseable {
    private final RecordChange.Ground ground;
    private final ReplicaId self;
    private volatile AuthorityState state = AuthorityState.UNADMITTED;
    // on the strand
    private Optional<StoreIdentity> identity = Optional.empty();
    private Optional<Tenure> tenure = Optional.empty();
    private boolean restating;

    /**
     * An authority that has asked for nothing yet.
     *
     * @param store where the record is
     * @param presence this host
     * @param self the local replica
     * @param incarnation the incarnation of the volume that the local store was opened for; in the record of any other
     *     one, nothing is changed and everything fails with a {@link io.resilver.spi.error.FencedException}
     * @param strand where its work runs
     * @param runtime time and randomness
     */
    public VolumeAuthority(
            CoordinationStore store,
            HostPresence presence,
            ReplicaId self,
            Incarnation incarnation,
            Strand strand,
            HostRuntime runtime) {
        this.ground =
                new RecordChange.Ground(store, presence, runtime, strand, self.volume(), Optional.of(incarnation));
        this.self = self;
    }

    /**
     * Where this replica stands.
     *
     * @return the state, at most moments old
     */
    public AuthorityState state() {
        return state;
    }

    /**
     * Compares the store with the record, before anything is admitted (R36). The count is raised on disk, durably, and then
     * in the record; a replaced or restored disk is marked first and leaves the in-sync set in the same change that records
     * it. Then the store promises at least {@code record().epoch()} of the answer.
     *
     * @param onDisk what the store says
     * @param marks how to write into the store
     * @return what it came to; fails when the record does not exist, does not name this replica or host, cannot be reached,
     *     or the store cannot be written: it may be asked for again
     */
    public CompletionStage<Opening> admit(StoreIdentity onDisk, StoreMarks marks) {
        return step(
                AuthorityState.UNADMITTED,
                AuthorityState.ADMITTING,
                () -> compare(onDisk, marks)
                        .thenApplyAsync(
                                opening -> {
                                    become(
                                            opening instanceof Opening.LastMember
                                                    ? AuthorityState.UNADMITTED
                                                    : AuthorityState.FOLLOWING);
                                    return opening;
                                },
                                ground.strand()),
                AuthorityState.UNADMITTED);
    }

    /**
     * What was read may be old, and what is written into the store stays, the raised count too: a disk that is one opening
     * behind would pass for the right one ever after. The record is therefore proved by a write before anything (R35).
     */
    private CompletionStage<Opening> compare(StoreIdentity onDisk, StoreMarks marks) {
        return this.<VolumeRecord>change(now -> mine(now).isPresent()
                        ? new RecordChange.Write<>(now, Versioned::value)
                        : new RecordChange.Refuse<>(notMine(now)))
                .thenComposeAsync(
                        proved -> matches(recorded(proved), onDisk)
                                ? raise(onDisk, marks)
                                : refuse(proved, onDisk, marks),
                        ground.strand());
    }

    private Optional<StoreIdentity> recorded(VolumeRecord record) {
        return mine(record).flatMap(VolumeRecord.Replica::store);
    }

    private CompletionStage<Opening> raise(StoreIdentity onDisk, StoreMarks marks) {
        StoreIdentity raised = new StoreIdentity(onDisk.id(), onDisk.openCount() + 1);
        return marks.identify(raised).thenComposeAsync(durable -> record(onDisk, raised, marks), ground.strand());
    }

    private CompletionStage<Opening> refuse(VolumeRecord record, StoreIdentity onDisk, StoreMarks marks) {
        Optional<StoreIdentity> recorded = recorded(record);
        String why = "the record of volume " + self.volume() + " knows store "
                + recorded.map(StoreIdentity::toString).orElse("none") + ", the disk is " + onDisk;
        return marks.markUnusable(why)
                .thenComposeAsync(
                        durable -> {
                            if (record.isLastMember(self)) {
                                return CompletableFuture.completedFuture(
                                        new Opening.LastMember(record, recorded, onDisk));
                            }
                            // a disk that went back in time shares its id with what other copies of it may say
                            StoreIdentity fresh =
                                    recorded.map(StoreIdentity::id).equals(Optional.of(onDisk.id()))
                                            ? new StoreIdentity(
                                                    new StoreId(RandomIds.next(
                                                            ground.runtime().random())),
                                                    1)
                                            : new StoreIdentity(onDisk.id(), onDisk.openCount() + 1);
                            return marks.identify(fresh)
                                    .thenComposeAsync(known -> replace(recorded, onDisk, fresh), ground.strand());
                        },
                        ground.strand());
    }

    private static boolean matches(Optional<StoreIdentity> recorded, StoreIdentity found) {
        return recorded.isEmpty()
                || (recorded.get().id().equals(found.id())
                        && found.openCount() >= recorded.get().openCount());
    }

    private CompletionStage<Opening> record(StoreIdentity onDisk, StoreIdentity raised, StoreMarks marks) {
        RecordChange.Rule<Optional<Opening>> rule = new RecordChange.Rule<>() {
            @Override
            public RecordChange.Verdict<Optional<Opening>> judge(VolumeRecord record) {
                return judge(record, matches(recorded(record), onDisk));
            }

            @Override
            public RecordChange.Verdict<Optional<Opening>> judgeUnsettled(VolumeRecord record) {
                return judge(record, matches(recorded(record), raised));
            }

            private RecordChange.Verdict<Optional<Opening>> judge(VolumeRecord record, boolean isRight) {
                if (mine(record).isEmpty()) {
                    return new RecordChange.Refuse<>(notMine(record));
                }
                return isRight
                        ? new RecordChange.Write<>(
                                record.opened(self, raised, ground.presence().endpoint()),
                                now -> Optional.of(new Opening.Admitted(now.value(), raised)))
                        : new RecordChange.End<>(Optional.empty());
            }
        };
        return change(rule)
                .thenComposeAsync(
                        opening -> {
                            if (opening.isEmpty()) { // opened elsewhere meanwhile: a copy of this disk is in use
                                return compare(onDisk, marks);
                            }
                            identity = Optional.of(raised);
                            return CompletableFuture.completedFuture(opening.get());
                        },
                        ground.strand());
    }

    private CompletionStage<Opening> replace(
            Optional<StoreIdentity> recorded, StoreIdentity found, StoreIdentity fresh) {
        return this.<Opening>change(record -> {
                    if (mine(record).isEmpty()) {
                        return new RecordChange.Refuse<>(notMine(record));
                    }
                    if (record.isLastMember(self)) {
                        return new RecordChange.End<>(new Opening.LastMember(record, recorded, found));
                    }
                    return new RecordChange.Write<>(
                            record.left(self)
                                    .opened(self, fresh, ground.presence().endpoint()),
                            now -> new Opening.Replaced(now.value(), recorded, found, fresh));
                })
                .thenApplyAsync(
                        opening -> {
                            identity = Optional.of(fresh);
                            return opening;
                        },
                        ground.strand());
    }

    /**
     * Looks at a record that was read. One that was put back to before this store was opened does not know of the opening, nor
     * where its host listens now, and neither does one from which the replica was removed, and added again before its host
     * noticed: nobody would reach the replica, or take it into the set, until it is opened again. So it is
     * said again, as at the opening (R36, R42). Does not block; what fails is tried again with the next record.
     *
     * @param seen a record of the incarnation of this store, perhaps an old one
     */
    public void recordSeen(VolumeRecord seen) {
        ground.strand().execute(() -> {
            if (restating || identity.isEmpty() || !isBehind(seen)) {
                return;
            }
            restating = true;
            RecordChange.Rule<Boolean> rule = record -> isBehind(record)
                    ? new RecordChange.Write<>(
                            record.opened(
                                    self,
                                    identity.orElseThrow(),
                                    ground.presence().endpoint()),
                            now -> true)
                    : new RecordChange.End<>(false);
            change(rule).whenCompleteAsync((written, failure) -> restating = false, ground.strand());
        });
    }

    /** Whether a record knows this disk, but not its present opening; or knows the replica, and no disk of it yet. */
    private boolean isBehind(VolumeRecord record) {
        StoreIdentity open = identity.orElseThrow();
        return mine(record)
                .filter(each -> each.store()
                        .map(known -> known.id().equals(open.id()) && known.openCount() < open.openCount())
                        .orElse(true))
                .isPresent();
    }

    /**
     * Tries to become primary (R32): one transaction that checks the own host node and sets the record, with an epoch above
     * both the record's and the own promise, under a fresh random mint id.
     *
     * @param ownPromise the highest epoch that the local store has promised
     * @param usable whether the local store's content counts
     * @param permission a person's permission to lead from a store that is not in sync; used up when it is needed
     * @return what it came to; fails when the record cannot be reached or changed
     */
    public CompletionStage<TakeOver> takeOver(
            Optional<Epoch> ownPromise, boolean usable, Optional<UncleanPermission> permission) {
        return step(
                AuthorityState.FOLLOWING,
                AuthorityState.TAKING_OVER,
                () -> {
                    if (!ground.presence().mayDecide()) {
                        become(AuthorityState.FOLLOWING);
                        return CompletableFuture.completedFuture(new TakeOver.NoLease());
                    }
                    MintId mint = new MintId(RandomIds.next(ground.runtime().random()));
                    Candidate candidate =
                            new Candidate(self, identity.orElseThrow(), ownPromise, usable, permission, mint);
                    return change(record -> candidate.judge(record, ground.presence(), this::minted))
                            .thenApplyAsync(
                                    result -> {
                                        if (!(result instanceof TakeOver.Minted)) {
                                            become(AuthorityState.FOLLOWING);
                                        }
                                        return result;
                                    },
                                    ground.strand());
                },
                AuthorityState.FOLLOWING);
    }

    private TakeOver minted(Versioned<VolumeRecord> record) {
        become(AuthorityState.LEADING);
        Tenure made = new Tenure(ground, self, record, this::tenureOver);
        tenure = Optional.of(made);
        return new TakeOver.Minted(record.value(), made);
    }

    private void tenureOver() {
        tenure = Optional.empty();
        if (state == AuthorityState.LEADING) {
            become(AuthorityState.FOLLOWING);
        }
    }

    /** Ends everything that is under way; the record is left as it is. Idempotent; does not block. */
    @Override
    public void close() {
        ground.strand().execute(() -> {
            state = AuthorityState.CLOSED;
            tenure.ifPresent(each -> each.stoodDown("the authority was closed"));
        });
    }

    private Optional<VolumeRecord.Replica> mine(VolumeRecord record) {
        return record.replica(self)
                .filter(each -> each.host().equals(ground.presence().host()));
    }

    private PermanentException notMine(VolumeRecord record) {
        return new PermanentException("the record of volume " + self.volume() + " has no replica " + self.name()
                + " on host " + ground.presence().host() + ", it has " + record.replicas()
                + ": check host id and replica id");
    }

    private <T> CompletionStage<T> change(RecordChange.Rule<T> rule) {
        return new RecordChange<>(ground, rule, now -> {}, () -> state == AuthorityState.CLOSED).start();
    }

    /** Runs one step on the strand if the state allows it; a step that fails leads to the state given. */
    private <T> CompletionStage<T> step(
            AuthorityState from, AuthorityState during, Supplier<CompletionStage<T>> work, AuthorityState onFailure) {
        CompletableFuture<T> result = new CompletableFuture<>();
        ground.strand().execute(() -> {
            if (state != from) {
                result.completeExceptionally(refused(from));
                return;
            }
            become(during);
            ground.strand().whenDone(work.get(), (value, error) -> {
                if (error == null) {
                    result.complete(value);
                } else {
                    if (state == during) {
                        become(onFailure);
                    }
                    result.completeExceptionally(RecordChange.recovery(error));
                }
            });
        });
        return result;
    }

    private RecoveryException refused(AuthorityState needed) {
        return state == AuthorityState.CLOSED
                ? new CancelledException("the authority of replica " + self + " is closed")
                : new RetriableException("replica " + self + " is " + state + ", this needs " + needed, Duration.ZERO);
    }

    private void become(AuthorityState next) {
        if (state == AuthorityState.CLOSED) {
            return; // an answer that came after the end
        }
        if (!state.mayBecome(next)) {
            throw new IllegalStateException("replica " + self + " cannot go from " + state + " to " + next);
        }
        state = next;
    }
}
