package io.resilver.host;

import io.resilver.coordination.TakeOver;
import io.resilver.coordination.TakeOverPace;
import io.resilver.coordination.TakeOverWatch;
import io.resilver.coordination.UncleanPermission;
import io.resilver.coordination.VolumeAuthority;
import io.resilver.engine.EpochLimit;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaPosition;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tries of one replica to become primary, one at a time: each in the host's turn, which ends with it, and after the record
 * was read once more (R32, R39). On the replica's strand.
 */
final class TakeOverTries {
    private static final Logger LOG = LoggerFactory.getLogger(TakeOverTries.class);

    /**
     * A record that could not be read is no failure of this candidate, whose turn it stays: it is read again soon, and less
     * often the longer it takes.
     */
    private static final Duration READ_AGAIN = Duration.ofMillis(100);

    private static final Duration LONGEST_READ_AGAIN = Duration.ofSeconds(2);

    /** Stands for the mint id of a promise of which only the number is known. */
    private static final MintId MET = new MintId("met");

    private final LocalReplica replica;
    private final VolumeAuthority authority;
    private final TakeOverWatch watch;
    private final RecordLook look;
    private final Listener listener;
    private boolean underWay;
    /** The mint that was tried last: complete once it is known what it came to. */
    private CompletionStage<Void> last = CompletableFuture.completedFuture(null);

    private long highestMet;
    private Duration readAgain = READ_AGAIN;
    /** Why the last try came to nothing, as it was told. */
    private String lastWhy = "";

    /** Hears how a try goes, on the strand. */
    interface Listener {
        /** Whether a term is of use: nobody has one here, and nothing is closed. */
        boolean wantsTerm();

        /** Whether nothing is expected that only the record would tell. */
        boolean isWell();

        /**
         * A term was won.
         *
         * @return completes once it has begun, or is over
         */
        CompletionStage<Void> won(TakeOver.Minted minted);

        /** The try came to nothing, and the watch knows. */
        void lost();

        /** Nothing was tried after all; there is nothing to look for within the time given. */
        void putOff(Duration least);
    }

    TakeOverTries(
            LocalReplica replica, VolumeAuthority authority, TakeOverWatch watch, RecordLook look, Listener listener) {
        this.replica = replica;
        this.authority = authority;
        this.watch = watch;
        this.look = look;
        this.listener = listener;
    }

    /** Whether one is under way, from its place in line to the begin of the term that it won. */
    boolean areUnderWay() {
        return underWay;
    }

    /** The mint that was sent last may be won yet: completes once that is known, never fails. */
    CompletionStage<Void> settled() {
        return last.handle((nothing, failure) -> null);
    }

    /**
     * Somebody has promised more than this host's term: the next mint goes beyond it at once (R42). A number beyond belief is
     * not believed: to go beyond it would leave none for those who follow.
     */
    void promiseMet(long epochNumber) {
        if (EpochLimit.isExceededBy(epochNumber)) {
            LOG.atError()
                    .setMessage(
                            "a replica says that it has promised an epoch that nobody can have minted: it is not believed")
                    .addKeyValue("volume", replica.id().volume())
                    .addKeyValue("epoch", epochNumber)
                    .log();
            return;
        }
        highestMet = Math.max(highestMet, epochNumber);
    }

    /** Tries once it is this host's turn. */
    void begin(TakeOverPace pace) {
        underWay = true;
        pace.enter(replica.strand(), turn -> {
            try {
                inTurn(turn);
            } catch (RuntimeException | Error bug) { // the pace gives the turn back; the volume is tried again
                underWay = false;
                throw bug;
            }
        });
    }

    /** Tries in a turn in which the record was just read. */
    void begin(TakeOverPace.Turn turn) {
        underWay = true;
        mint(startedIn(turn), Optional.empty());
    }

    /**
     * Tries at once, whatever the watch says, with a person's permission that is good for this try (R32).
     *
     * @return completes when a term was won; fails when it was not
     */
    CompletionStage<Void> begin(UncleanPermission once) {
        underWay = true;
        CompletableFuture<Void> mine = new CompletableFuture<>();
        last = mine;
        mint(mine, Optional.of(once));
        return mine;
    }

    /** A try in this volume's turn, which ends with it. */
    private CompletableFuture<Void> startedIn(TakeOverPace.Turn turn) {
        CompletableFuture<Void> mine = new CompletableFuture<>();
        last = mine;
        last.whenComplete((nothing, failure) -> turn.leave());
        return mine;
    }

    /**
     * Reads the record once more before anything is minted: the watch may have waited for a primary that has come meanwhile,
     * and would end a term that is well (R39).
     */
    private void inTurn(TakeOverPace.Turn turn) {
        if (!listener.wantsTerm()) {
            underWay = false;
            turn.leave();
            return;
        }
        CompletableFuture<Void> mine = startedIn(turn);
        look.now(listener.isWell())
                .whenComplete((nothing, failure) -> on(() -> {
                    if (failure != null) {
                        RecoveryException why = Failures.typed(failure);
                        if (!(why instanceof RetriableException)) { // a service that is away is no news of each volume
                            tell(why);
                        }
                        Duration wait = readAgain;
                        Duration doubled = wait.multipliedBy(2);
                        readAgain = doubled.compareTo(LONGEST_READ_AGAIN) < 0 ? doubled : LONGEST_READ_AGAIN;
                        putOff(mine, wait);
                        return;
                    }
                    readAgain = READ_AGAIN;
                    if (listener.wantsTerm()
                            && watch.nextTry().map(Duration::isZero).orElse(false)) {
                        mint(mine, Optional.empty());
                    } else {
                        putOff(mine, Duration.ZERO);
                    }
                }));
    }

    private void putOff(CompletableFuture<Void> mine, Duration least) {
        underWay = false;
        mine.complete(null);
        listener.putOff(least);
    }

    private void mint(CompletableFuture<Void> mine, Optional<UncleanPermission> permission) {
        long met = highestMet;
        replica.io(() -> new Own(
                        replica.store().target().promise(),
                        replica.store().target().position()))
                .thenCompose(own -> authority.takeOver(
                        atLeast(own.promise(), met), own.position().usable(), permission))
                .whenComplete((result, failure) -> on(() -> {
                    if (failure == null && result instanceof TakeOver.Minted minted) {
                        lastWhy = "";
                        watch.recordSeen(minted.record());
                        listener.won(minted).whenComplete((nothing, never) -> on(() -> underWay = false));
                        mine.complete(null);
                        return;
                    }
                    underWay = false;
                    watch.failed();
                    RecoveryException why = Unclean.whyNot(result, failure);
                    if (!(result instanceof TakeOver.LostRace)) { // another host leads: that is well
                        tell(why);
                    }
                    mine.completeExceptionally(why);
                    listener.lost();
                }));
    }

    /** Nobody waits for this try, but for all that follow: a reason is told when it is another one than the last. */
    private void tell(RecoveryException why) {
        String now = String.valueOf(why.getMessage());
        if (!now.equals(lastWhy)) {
            lastWhy = now;
            LOG.atWarn()
                    .setMessage("this host may lead a volume and cannot: it is tried again")
                    .addKeyValue("replica", replica.id())
                    .addKeyValue("why", now)
                    .log();
        }
    }

    private record Own(Optional<Epoch> promise, ReplicaPosition position) {}

    /** The higher of both, as what a mint must exceed: of that only the number counts. */
    private static Optional<Epoch> atLeast(Optional<Epoch> promise, long met) {
        return promise.map(Epoch::number).orElse(0L) < met ? Optional.of(new Epoch(met, MET)) : promise;
    }

    private void on(Runnable task) {
        replica.strand().execute(task);
    }
}
