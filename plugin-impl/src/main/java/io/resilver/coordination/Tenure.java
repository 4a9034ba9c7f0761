package io.resilver.coordination;

import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * The changes that a primary makes to its volume's record during one term. One change at a time, in the order asked for,
 * each confirmed before the next begins. Thread safe; nothing blocks.
 *
 * <p>Each change answers with the record in force, whose set is the one that counts. It fails with a {@link
 * FencedException} when the record has another mint, or when an answer is missing and settling it was refused: then the
 * term is over, and nothing may be acknowledged in it any more. It fails in any other way only when it is known not to be
 * in force; while an answer is missing it waits (R35), and until it ends a joiner counts as required and a leaver too
 * (R31).
 */
public final class Tenure {
    /** One for each other replica, twice, and room: who asks for more is not waiting for answers. */
    static final int MAX_QUEUED = 64;

    private final RecordChange.Ground ground;
    private final ReplicaId self;
    private final Epoch epoch;
    private final Runnable whenOver;
    private final ArrayDeque<Change> queue = new ArrayDeque<>();
    private boolean busy;
    private volatile Versioned<VolumeRecord> held;
    private volatile Optional<RecoveryException> over = Optional.empty();

    private record Change(
            Function<VolumeRecord, RecordChange.Verdict<VolumeRecord>> rule, CompletableFuture<VolumeRecord> result) {}

    Tenure(RecordChange.Ground ground, ReplicaId self, Versioned<VolumeRecord> minted, Runnable whenOver) {
        this.ground = ground;
        this.self = self;
        this.epoch = minted.value().epoch();
        this.held = minted;
        this.whenOver = whenOver;
    }

    /**
     * This term.
     *
     * @return the epoch that was minted
     */
    public Epoch epoch() {
        return epoch;
    }

    /**
     * The record that a write of this term last confirmed.
     *
     * @return the record
     */
    public VolumeRecord record() {
        return held.value();
    }

    /**
     * Takes a replica into the in-sync set, once its durable LSN has reached committed while commits waited for it (R31).
     * A replica that is a member already, by an answer that was lost, stays one whatever was fenced: it is in the set that
     * counts, and only the store that the record names counts for it.
     *
     * @param replica who joins
     * @param fenced the store id and open count that its fence reported
     * @return the record in force; fails with a {@link RetriableException} when the record knows another disk or another
     *     opening of it: fence the replica again
     */
    public CompletionStage<VolumeRecord> join(ReplicaId replica, StoreIdentity fenced) {
        return change(record -> {
            Optional<VolumeRecord.Replica> entry = record.replica(replica);
            if (entry.isEmpty()) {
                return new RecordChange.Refuse<>(unknown(replica));
            }
            if (record.inSync().contains(replica)) {
                return write(record);
            }
            if (!entry.get().store().equals(Optional.of(fenced))) {
                return new RecordChange.Refuse<>(new RetriableException(
                        "replica " + replica + " was fenced with store " + fenced + ", the record has "
                                + entry.get()
                                        .store()
                                        .map(StoreIdentity::toString)
                                        .orElse("none")
                                + ": fence it again",
                        Duration.ZERO));
            }
            return write(record.joined(replica));
        });
    }

    /**
     * Takes a replica out of the in-sync set, before anything is acknowledged without it (R31).
     *
     * @param replica who leaves; never the primary's own
     * @return the record in force
     */
    public CompletionStage<VolumeRecord> leave(ReplicaId replica) {
        return change(record -> {
            if (replica.equals(self)) {
                return new RecordChange.Refuse<>(
                        new PermanentException("the primary's own replica " + self + " cannot leave: resign instead"));
            }
            return write(record.inSync().contains(replica) ? record.left(replica) : record);
        });
    }

    /**
     * Takes a replica out of the volume, and out of the in-sync set in the same change if it is a member: nothing is
     * acknowledged without it before that (R31, R41). Idempotent.
     *
     * @param replica who goes; never the primary's own
     * @return the record in force; fails with a {@link PermanentException} when too few would be left
     */
    public CompletionStage<VolumeRecord> remove(ReplicaId replica) {
        return change(record -> {
            if (replica.equals(self)) {
                return new RecordChange.Refuse<>(new PermanentException("replica " + self
                        + " is the primary's own and is not removed: let another host lead the volume first"));
            }
            if (record.replica(replica).isEmpty()) {
                return write(record);
            }
            int left = record.inSync().size() - 1;
            if (record.inSync().contains(replica) && left < record.leastInSync()) {
                return new RecordChange.Refuse<>(new PermanentException("replica " + replica
                        + " is not removed: " + left + " would be in sync, and a commit needs " + record.leastInSync()
                        + ": wait until another replica is in sync, or lower the least size"));
            }
            if (record.replicas().size() - 1 < record.leastInSync()) {
                return new RecordChange.Refuse<>(new PermanentException("replica " + replica
                        + " is not removed: as many replicas as a commit needs are there, " + record.leastInSync()
                        + ": lower the least size first"));
            }
            return write(record.without(replica));
        });
    }

    /**
     * Confirms this term in place: the record gets the host node in force, without a new epoch. Asked for after each new
     * session (R38), and whenever the set in force is to be known anew.
     *
     * @return the record in force
     */
    public CompletionStage<VolumeRecord> confirm() {
        return change(this::write);
    }

    /**
     * Ends the term and says so in the record, so that the others need not wait (R39). The caller has closed its gate.
     *
     * @return the record in force, without a primary
     */
    public CompletionStage<VolumeRecord> resign() {
        CompletionStage<VolumeRecord> resigned =
                change(record -> new RecordChange.Write<>(record.ledBy(Optional.empty()), Versioned::value));
        return resigned.whenCompleteAsync(
                (record, error) -> {
                    if (error == null) {
                        end(new CancelledException("epoch " + epoch + " of " + ground.volume() + " was resigned"));
                    }
                },
                ground.strand());
    }

    /**
     * Ends the term without a word in the record: after a refusal by a higher promise, or before a member that knows more
     * (R33, R35). Changes under way fail. Idempotent.
     *
     * @param why for people
     */
    public void standDown(String why) {
        ground.strand().execute(() -> stoodDown(why));
    }

    /** The same, on the strand. */
    void stoodDown(String why) {
        end(new CancelledException("epoch " + epoch + " of " + ground.volume() + " stood down: " + why));
    }

    private RecordChange.Verdict<VolumeRecord> write(VolumeRecord next) {
        Optional<HostNode> node = ground.presence().node();
        return new RecordChange.Write<>(node.isPresent() ? next.ledBy(node) : next, Versioned::value);
    }

    private CompletionStage<VolumeRecord> change(Function<VolumeRecord, RecordChange.Verdict<VolumeRecord>> rule) {
        Change change = new Change(rule, new CompletableFuture<>());
        ground.strand().execute(() -> {
            if (over.isPresent()) {
                change.result().completeExceptionally(over.get());
            } else if (queue.size() >= MAX_QUEUED) {
                change.result()
                        .completeExceptionally(new ResourceExhaustedException(
                                MAX_QUEUED + " changes of volume " + ground.volume() + " wait already", "changes"));
            } else {
                queue.add(change);
                next();
            }
        });
        return change.result();
    }

    private void next() {
        Change change = busy ? null : queue.poll();
        if (change == null) {
            return;
        }
        busy = true;
        RecordChange<VolumeRecord> attempt =
                new RecordChange<>(ground, record -> judge(change, record), now -> held = now, over::isPresent);
        attempt.start().whenComplete((record, error) -> {
            busy = false;
            if (error == null) {
                change.result().complete(record);
            } else {
                RecoveryException why = failure(attempt, RecordChange.recovery(error));
                change.result().completeExceptionally(why);
                if (why instanceof FencedException) {
                    end(why);
                }
            }
            ground.strand().execute(this::next);
        });
    }

    /** Whoever does not know which set is in force must acknowledge nothing: the term is over (R31, R35). */
    private RecoveryException failure(RecordChange<VolumeRecord> attempt, RecoveryException why) {
        return attempt.unsettled() && !(why instanceof FencedException)
                ? new FencedException(
                        "epoch " + epoch + " of volume " + ground.volume()
                                + " is over: a change of its record was sent, and what became of it cannot be known: "
                                + why.getMessage(),
                        epoch.number())
                : why;
    }

    private RecordChange.Verdict<VolumeRecord> judge(Change change, VolumeRecord record) {
        if (over.isPresent()) {
            return new RecordChange.GiveUp<>(over.get());
        }
        if (!record.epoch().equals(epoch)) {
            return new RecordChange.GiveUp<>(new FencedException(
                    "epoch " + epoch + " of volume " + ground.volume() + " is over: the record has epoch "
                            + record.epoch(),
                    record.epoch().number()));
        }
        return change.rule().apply(numbered(record));
    }

    /**
     * A record that was put back to an older state under this term goes on from the numbers that this term has seen: otherwise
     * what it says of its replicas would pass for old until they are reached again (R4, R42).
     */
    private VolumeRecord numbered(VolumeRecord record) {
        long seen = held.value().configuration();
        return record.configuration() < seen ? record.numbered(seen + 1) : record;
    }

    private void end(RecoveryException why) {
        if (over.isPresent()) {
            return;
        }
        over = Optional.of(why);
        queue.forEach(each -> each.result().completeExceptionally(why));
        queue.clear();
        whenOver.run();
    }

    private PermanentException unknown(ReplicaId replica) {
        return new PermanentException("volume " + ground.volume() + " has no replica " + replica);
    }
}
