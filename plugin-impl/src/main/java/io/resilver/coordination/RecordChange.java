package io.resilver.coordination;

import io.resilver.runtime.HostRuntime;
import io.resilver.runtime.Strand;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.VolumeId;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * One change of a volume's record, until its outcome is known (R35): read, judge, compare-and-set at the version read with
 * a check of the own host node and of the incarnation; after a conflict or a lost answer read and judge again. It ends well only with a
 * compare-and-set of our own that was acknowledged: one that changes nothing but the version is as good, and after it no
 * earlier request of ours that is still on its way can be applied. A rule must therefore be idempotent.
 *
 * <p>Once an answer is missing it goes on, with waits that grow to {@link #LONGEST_WAIT}, however long the store is away.
 * It then fails only when its owner closed it, when another mint is in the record, or when settling was refused for good;
 * in the last case nobody knows whether the change is in force, and {@link #unsettled} says so. Runs on the strand given.
 */
final class RecordChange<T> {
    /** Definite conflicts in a row before a change gives up: each means that somebody else made progress. */
    static final int MAX_CONFLICTS = 32;

    private static final Duration FIRST_WAIT = Duration.ofMillis(20);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(1);

    /**
     * What every change of one volume shares. Without an incarnation, each change is of the one that it reads first: a
     * volume that was deleted and made anew under the same id is another volume.
     */
    record Ground(
            CoordinationStore store,
            HostPresence presence,
            HostRuntime runtime,
            Strand strand,
            VolumeId volume,
            Optional<Incarnation> incarnation) {}

    /** Says what to do with the record as it is. Pure; called again after every reading. */
    interface Rule<T> {
        Verdict<T> judge(VolumeRecord record);

        /** The same while an answer of this change is missing: what the record says may be its own doing. */
        default Verdict<T> judgeUnsettled(VolumeRecord record) {
            return judge(record);
        }
    }

    /** What a rule says. */
    sealed interface Verdict<T> {}

    /** Write this, even if it is equal, and answer so once it is in force. */
    record Write<T>(VolumeRecord next, Function<Versioned<VolumeRecord>, T> answer) implements Verdict<T> {}

    /** Nothing to write: this is the answer. */
    record End<T>(T answer) implements Verdict<T> {}

    /** Nothing to write: it cannot be done. If an answer is missing, that is settled first. */
    record Refuse<T>(RecoveryException why) implements Verdict<T> {}

    /** Nothing to write: this authority is over, and with it whatever is unsettled. */
    record GiveUp<T>(RecoveryException why) implements Verdict<T> {}

    private final Ground ground;
    private final String path;
    private final Rule<T> rule;
    private final Consumer<Versioned<VolumeRecord>> inForce;
    private final BooleanSupplier closed;
    private final CompletableFuture<T> result = new CompletableFuture<>();
    private Optional<Incarnation> incarnation;
    private boolean unsettled;
    private int conflicts;
    /** The mark that the last write found missing. */
    private Optional<String> missingMark = Optional.empty();

    private Duration wait = FIRST_WAIT;

    /** A change; {@code inForce} hears of the record that an acknowledged write of ours made, before the result does. */
    RecordChange(Ground ground, Rule<T> rule, Consumer<Versioned<VolumeRecord>> inForce, BooleanSupplier closed) {
        this.ground = ground;
        this.path = Paths.volume(ground.volume());
        this.incarnation = ground.incarnation();
        this.rule = rule;
        this.inForce = inForce;
        this.closed = closed;
    }

    /**
     * Begins by reading, whatever was held before: versions come again when the ensemble is restored from an older state,
     * and a version that is held may be another record's by now (R42).
     */
    CompletionStage<T> start() {
        read();
        return result;
    }

    /** Whether an answer is missing: the change may be in force although it failed. For the strand. */
    boolean unsettled() {
        return unsettled;
    }

    private void read() {
        if (closed.getAsBoolean()) {
            fail(new CancelledException("the authority over volume " + ground.volume() + " was closed"));
            return;
        }
        ground.strand()
                .whenDone(
                        ground.store().read(path),
                        (found, error) -> guarded(() -> {
                            if (found == null) {
                                unanswered(recovery(error));
                            } else if (found.isEmpty()) {
                                fail(new PermanentException("volume " + ground.volume() + " has no record at " + path
                                        + " in the coordination service: create it, or check the namespace"));
                            } else {
                                decode(found.get());
                            }
                        }));
    }

    /** A rule that throws fails its own change, and whoever waits for it goes on. */
    private void guarded(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException bug) {
            fail(new PermanentException("the record of volume " + ground.volume() + " was not changed: " + bug, bug));
            throw bug;
        }
    }

    private void decode(Versioned<byte[]> found) {
        try {
            VolumeRecord record = VolumeRecordCodec.decode(path, found.value());
            if (!record.volume().equals(ground.volume())) {
                throw new PermanentException("the record at " + path + " is of volume " + record.volume());
            }
            if (!incarnation.orElse(record.incarnation()).equals(record.incarnation())) {
                throw new FencedException(
                        "volume " + ground.volume() + " was deleted and made anew: the record is of incarnation "
                                + record.incarnation() + ", this host's work is on " + incarnation.get()
                                + ": open its stores again",
                        record.epoch().number());
            }
            incarnation = Optional.of(record.incarnation());
            requireMark(record);
            judge(new Versioned<>(record, found.version()));
        } catch (RecoveryException wrong) {
            fail(wrong);
        }
    }

    /** A mark comes and goes with its record: where it alone is missing, reading again will not help. */
    private void requireMark(VolumeRecord record) throws PermanentException {
        if (missingMark.equals(Optional.of(Paths.mark(ground.volume(), record.incarnation())))) {
            throw new PermanentException(
                    "the record of volume " + ground.volume() + " cannot be changed: it has no mark at "
                            + missingMark.get()
                            + " in the coordination service. Somebody has removed that node: if the record is"
                            + " right, create it again, empty");
        }
    }

    private void judge(Versioned<VolumeRecord> held) {
        Verdict<T> verdict = unsettled ? rule.judgeUnsettled(held.value()) : rule.judge(held.value());
        if (verdict instanceof Write<T> write) {
            write(held, write.next(), now -> result.complete(write.answer().apply(now)));
        } else if (verdict instanceof End<T> end) {
            result.complete(end.answer());
        } else if (verdict instanceof GiveUp<T> over) {
            fail(over.why());
        } else if (verdict instanceof Refuse<T> refuse) {
            if (unsettled) {
                write(held, held.value(), now -> fail(refuse.why()));
            } else {
                fail(refuse.why());
            }
        }
    }

    private void write(Versioned<VolumeRecord> held, VolumeRecord next, Consumer<Versioned<VolumeRecord>> then) {
        Optional<HostNode> own = ground.presence().node();
        if (closed.getAsBoolean() || own.isEmpty() || !ground.presence().mayDecide()) {
            unanswered(new RetriableException(
                    "host " + ground.presence().host() + " has no lease from the coordination service: volume "
                            + ground.volume() + " was not changed",
                    Duration.ZERO));
            return;
        }
        CompletionStage<Answer> sent = ground.store()
                .compareAndSet(
                        path,
                        VolumeRecordCodec.encode(next),
                        held.version(),
                        Set.of(
                                Paths.host(own.get()),
                                Paths.mark(ground.volume(), held.value().incarnation())));
        ground.strand()
                .whenDone(
                        sent,
                        (answer, error) -> guarded(() -> answered(
                                next, then, answer != null ? answer : new Answer.Unknown(String.valueOf(error)))));
    }

    private void answered(VolumeRecord next, Consumer<Versioned<VolumeRecord>> then, Answer answer) {
        if (answer instanceof Answer.Applied applied) {
            unsettled = false;
            Versioned<VolumeRecord> now = new Versioned<>(next, applied.version());
            inForce.accept(now);
            then.accept(now);
        } else if (answer instanceof Answer.Conflict) {
            conflicted();
        } else if (answer instanceof Answer.Missing missing && missing.path().startsWith(path)) {
            missingMark = Optional.of(missing.path());
            conflicted(); // deleted, and perhaps made anew, which reading again tells
        } else if (answer instanceof Answer.Missing missing) {
            ground.presence().suspect();
            unanswered(new RetriableException(
                    "host node " + missing.path() + " is gone: volume " + ground.volume() + " was not changed",
                    Duration.ZERO));
        } else if (answer instanceof Answer.Denied denied) {
            fail(new PermanentException("this host may not change " + path + " (" + denied.why()
                    + "): check the credentials for the coordination service"));
        } else {
            unsettled = true;
            later();
        }
    }

    private void conflicted() {
        conflicts++;
        if (unsettled) { // for as long as it takes, but not as fast as the store answers
            ground.runtime().after(FIRST_WAIT, () -> ground.strand().execute(this::read));
        } else if (conflicts < MAX_CONFLICTS) {
            read();
        } else {
            fail(new RetriableException(
                    "the record of volume " + ground.volume() + " changed " + conflicts + " times under this change",
                    LONGEST_WAIT));
        }
    }

    /** Nothing was sent this time; what was sent before may still be unsettled. */
    private void unanswered(RecoveryException why) {
        if (unsettled && why instanceof RetriableException) {
            later();
        } else {
            fail(why);
        }
    }

    private void later() {
        Duration now = wait;
        wait = now.multipliedBy(2).compareTo(LONGEST_WAIT) < 0 ? now.multipliedBy(2) : LONGEST_WAIT;
        ground.runtime().after(now, () -> ground.strand().execute(this::read));
    }

    private void fail(RecoveryException why) {
        result.completeExceptionally(why);
    }

    static RecoveryException recovery(Throwable error) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        return cause instanceof RecoveryException known
                ? known
                : new PermanentException("the coordination store failed: " + cause, cause);
    }
}
