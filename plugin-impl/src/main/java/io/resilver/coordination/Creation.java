package io.resilver.coordination;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Incarnation;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * One creation of a volume's record, until its outcome is known (R35): a lost answer is settled by reading, which finds the
 * own incarnation or lets the record be created once more, since of two creations of one incarnation only one can succeed.
 * Reads and tries that come to nothing are repeated, with waits that grow, a bounded number of times. Who ends with an answer
 * missing says so: the volume may be there. Runs on the strand given.
 */
final class Creation {
    /** With the waits between them these are about five seconds: longer than an ensemble takes to elect a leader. */
    static final int MAX_TRIES = 10;

    private static final Duration FIRST_WAIT = Duration.ofMillis(20);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(1);

    private final RecordChange.Ground ground;
    private final VolumeRecord record;
    private final String path;
    private final byte[] bytes;
    private final CompletableFuture<Incarnation> result = new CompletableFuture<>();
    private boolean unsettled;
    private int tries;
    private Duration wait = FIRST_WAIT;

    Creation(RecordChange.Ground ground, VolumeRecord record) {
        this.ground = ground;
        this.record = record;
        this.path = Paths.volume(record.volume());
        this.bytes = VolumeRecordCodec.encode(record);
    }

    /** Begins; the incarnation is in force when this completes. */
    CompletionStage<Incarnation> start() {
        ground.strand().execute(this::create);
        return result;
    }

    private void create() {
        Optional<HostNode> own = ground.presence().node();
        if (own.isEmpty() || !ground.presence().mayDecide()) {
            notSent(retriable("host " + ground.presence().host() + " has no lease from the coordination service"));
            return;
        }
        CompletionStage<Answer> sent =
                ground.store().create(path, Paths.mark(record.incarnation()), bytes, Set.of(Paths.host(own.get())));
        ground.strand()
                .whenDone(
                        sent,
                        (answer, error) ->
                                answered(answer != null ? answer : new Answer.Unknown(String.valueOf(error))));
    }

    private void answered(Answer answer) {
        if (answer instanceof Answer.Applied) {
            result.complete(record.incarnation());
        } else if (answer instanceof Answer.Unknown) {
            unsettled = true;
            read();
        } else if (answer instanceof Answer.Conflict) {
            read(); // what is there may be ours, from a try whose answer was lost
        } else if (answer instanceof Answer.Denied denied) {
            fail(new PermanentException("this host may not do it (" + denied.why()
                    + "): check the credentials for the coordination service"));
        } else {
            ground.presence().suspect();
            notSent(retriable("the coordination service answered " + answer));
        }
    }

    /** This try surely made nothing; an earlier one may have, and then it goes on. */
    private void notSent(RecoveryException why) {
        if (unsettled) {
            later(why, this::create);
        } else {
            fail(why);
        }
    }

    private void read() {
        ground.strand().whenDone(ground.store().read(path), (found, error) -> {
            if (found != null) {
                judge(found);
            } else {
                later(RecordChange.recovery(error), this::read);
            }
        });
    }

    private void judge(Optional<Versioned<byte[]>> found) {
        if (found.isEmpty()) {
            later(retriable("the coordination service has no record of it"), this::create);
            return;
        }
        try {
            Incarnation there =
                    VolumeRecordCodec.decode(path, found.get().value()).incarnation();
            if (there.equals(record.incarnation())) {
                result.complete(there);
            } else {
                result.completeExceptionally(new PermanentException("volume " + record.volume() + " exists already"));
            }
        } catch (RecoveryException corrupt) {
            result.completeExceptionally(corrupt);
        }
    }

    private void later(RecoveryException why, Runnable step) {
        if (!(why instanceof RetriableException) || ++tries >= MAX_TRIES) {
            fail(why);
            return;
        }
        Duration now = wait;
        wait = now.multipliedBy(2).compareTo(LONGEST_WAIT) < 0 ? now.multipliedBy(2) : LONGEST_WAIT;
        ground.runtime().after(now, () -> ground.strand().execute(step));
    }

    /** Says what is known: that there is no such volume of ours, or that there may be one. */
    private void fail(RecoveryException why) {
        String what = unsettled
                ? "it is not known whether volume " + record.volume() + " was created, as incarnation "
                        + record.incarnation() + ": ask for it again, it may be there ("
                : "volume " + record.volume() + " was not created (";
        String message = what + why.getMessage() + ")";
        result.completeExceptionally(
                why instanceof PermanentException
                        ? new PermanentException(message, why)
                        : new RetriableException(message, LONGEST_WAIT, why));
    }

    private static RetriableException retriable(String why) {
        return new RetriableException(why, Duration.ZERO);
    }
}
