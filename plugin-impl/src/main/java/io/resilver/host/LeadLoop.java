package io.resilver.host;

import io.resilver.coordination.HostNode;
import io.resilver.coordination.HostSession;
import io.resilver.coordination.TakeOver;
import io.resilver.coordination.TakeOverPace;
import io.resilver.coordination.TakeOverWatch;
import io.resilver.coordination.Tenure;
import io.resilver.coordination.UncleanPermission;
import io.resilver.coordination.VolumeAuthority;
import io.resilver.coordination.VolumeRecord;
import io.resilver.coordination.Volumes;
import io.resilver.engine.EpochLimit;
import io.resilver.execution.VolumeLeader;
import io.resilver.runtime.HostRuntime;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leads one volume whenever this host may: watches the record and the primary, and takes over when the watch says so (R39) and
 * the host's pace has a turn. Nothing is polled: one timer is set for the next time at which there is something to look for,
 * and news sets it anew. State lives on the replica's strand.
 *
 * <pre>
 *   asked ──▶ watching ──(watch says now)──▶ in line ──▶ minting ──(won)──▶ {@link HeldTerm} ──(over)──▶ watching
 *                ▲                              │           │ lost
 *                └──────── back-off ◀───────────┴───────────┘
 * </pre>
 */
final class LeadLoop implements HeldTerm.Listener, RecordLook.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(LeadLoop.class);

    /** No two looks follow each other closer than this, whatever the clock's grain. */
    private static final Duration LEAST_WAIT = Duration.ofMillis(1);

    /**
     * A record that could not be read is no failure of this candidate, whose turn it stays: it is read again soon, and less
     * often the longer it takes.
     */
    private static final Duration READ_AGAIN = Duration.ofMillis(100);

    private static final Duration LONGEST_READ_AGAIN = Duration.ofSeconds(2);

    /** By then whoever ended its streams to hand a volume over has written so into the record, if all is well. */
    private static final Duration HANDED_OVER = Duration.ofMillis(100);

    /**
     * Callers of one volume that wait for a term. Each has an answer of its own that stays until there is a term, so that one
     * who asks again and again without waiting would fill the memory.
     */
    static final int MOST_WAITING = 64;

    /** Stands for the mint id of a promise of which only the number is known. */
    private static final MintId MET = new MintId("met");

    private final LocalReplica replica;
    private final VolumeAuthority authority;
    private final TakeOverWatch watch;
    private final TakeOverPace pace;
    private final HostSession session;
    private final HostRuntime runtime;
    private final HeldTerm term;
    private final RecordLook look;
    private final List<CompletableFuture<Leadership>> asked = new ArrayList<>();
    /** The mint that was tried last: complete once it is known what it came to. */
    private CompletionStage<Void> attempt = CompletableFuture.completedFuture(null);

    private HostRuntime.Timer timer = () -> {};
    private HostRuntime.Timer lookAgain = () -> {};
    private boolean started;
    private boolean trying;
    private boolean closed;
    private String closedBecause = "";
    private long highestMet;
    private Duration readAgain = READ_AGAIN;
    /** Why the last attempt came to nothing, as it was told. */
    private String lastWhy = "";

    private Optional<RecoveryException> denied = Optional.empty();

    /** Makes a leader for a term. */
    @FunctionalInterface
    interface LeaderFactory {
        VolumeLeader make(LocalReplica replica, Tenure tenure, long boundaryLsn);
    }

    LeadLoop(
            LocalReplica replica,
            VolumeAuthority authority,
            TakeOverWatch watch,
            TakeOverPace pace,
            Volumes volumes,
            HostSession session,
            LeaderFactory factory,
            HostRuntime runtime) {
        this.replica = replica;
        this.authority = authority;
        this.watch = watch;
        this.pace = pace;
        this.session = session;
        this.runtime = runtime;
        this.term = new HeldTerm(replica, session, pace, factory, this);
        this.look = new RecordLook(replica, pace, volumes, session, runtime, this);
    }

    /** Begins to look: a store whose gate is shut is opened as soon as the record allows it (R42). */
    void start() {
        on(() -> {
            started = true;
            arm();
        });
    }

    /**
     * Leads as soon as this host may; while it leads already, answers with that term once it is ready. Fails with a {@link
     * ResourceExhaustedException} while {@link #MOST_WAITING} callers wait already; who cancels the answer is none of them.
     */
    CompletionStage<Leadership> lead() {
        CompletableFuture<Leadership> answer = new CompletableFuture<>();
        on(() -> {
            if (closed || denied.isPresent()) {
                answer.completeExceptionally(denied.orElseGet(() -> notLed(closedBecause)));
                return;
            }
            Optional<Leadership> present = term.ready()
                    .filter(each -> !each.ended().toCompletableFuture().isDone());
            if (present.isPresent()) {
                answer.complete(present.get());
                return;
            }
            asked.removeIf(CompletableFuture::isDone); // who gave up waits no more
            if (asked.size() >= MOST_WAITING) {
                answer.completeExceptionally(new ResourceExhaustedException(
                        asked.size() + " callers wait already to lead volume "
                                + replica.id().volume()
                                + ": wait for the first answer, or cancel it, before asking again",
                        "callers that wait for a term"));
                return;
            }
            started = true;
            asked.add(answer);
            look.look(isWell());
            arm();
        });
        return answer;
    }

    /**
     * Tries to lead at once, whatever the watch says, with a person's permission that is good for this attempt (R32).
     *
     * @return the term once it is ready; fails when the attempt came to nothing
     */
    CompletionStage<Leadership> lead(UncleanPermission once) {
        CompletableFuture<Void> mine = new CompletableFuture<>();
        on(() -> {
            if (closed || trying || term.isHeld()) {
                mine.completeExceptionally(Unclean.busy(replica.id().volume()));
                return;
            }
            trying = true;
            attempt = mine;
            mint(mine, Optional.of(once));
        });
        return mine.thenCompose(minted -> lead());
    }

    /** Another set of hosts is there: a primary may be gone, or a replica's host have come back. */
    void hostsSeen(Set<HostNode> live) {
        on(() -> {
            watch.hostsSeen(session.node(), live);
            look.expect();
            next();
        });
    }

    /** Somebody is not where the record said: it may say something else by now. */
    void recordDoubted() {
        on(() -> look.look(isWell()));
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
        on(() -> highestMet = Math.max(highestMet, epochNumber));
    }

    void heardFromPrimary() {
        on(watch::heardFromPrimary);
    }

    /** A connection broke over which a host had sent to this replica (R39). */
    void linkLost(HostId from) {
        on(() -> {
            look.expect(); // once the grace is over, the record is not what was read before
            if (!watch.linkLost(from) && isAwake()) {
                look.look(isWell()); // it may lead by a record that was not seen yet
            }
            arm();
        });
    }

    /**
     * A sender closed its stream to this replica: perhaps its term is over and the record says so, now or in a moment, since
     * whoever hands a volume over ends its streams first. It is no sign that anything is wrong.
     */
    void senderLeft() {
        on(() -> {
            if (closed || term.isHeld() || !isAwake()) {
                return;
            }
            look.look(isWell());
            lookAgain.cancel();
            lookAgain = runtime.after(HANDED_OVER, () -> on(() -> look.look(isWell())));
        });
    }

    /** A new session of this host: the term in force is confirmed in place, without a new epoch (R38). */
    void sessionOpened() {
        on(() -> {
            look.expect();
            term.confirm();
            arm();
        });
    }

    /** This host is refused for good: whoever waits for a term hears it, and so does who asks later (R43). */
    void denied(RecoveryException why) {
        on(() -> {
            denied = Optional.of(why);
            failAsked(why);
        });
    }

    private void failAsked(RecoveryException why) {
        List<CompletableFuture<Leadership>> told = new ArrayList<>(asked);
        asked.clear();
        told.forEach(each -> each.completeExceptionally(why));
    }

    private CancelledException notLed(String why) {
        return new CancelledException("volume " + replica.id().volume() + " is not led from here: " + why);
    }

    /** Ends the term gracefully: the others need not wait (R39). Whoever waits for one hears why there will be none. */
    CompletionStage<Void> close(String why) {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        on(() -> {
            closed = true;
            closedBecause = why;
            timer.cancel();
            lookAgain.cancel();
            look.close();
            term.close();
            failAsked(notLed(why));
            // A mint that is under way may be won yet: then it is handed over too.
            attempt.whenComplete((nothing, never) ->
                    on(() -> term.handOver(why).whenComplete((handed, error) -> answer.complete(null))));
        });
        return answer;
    }

    private void on(Runnable task) {
        replica.strand().execute(task);
    }

    /** Does what it is time for, and sets the timer for what comes next. */
    private void next() {
        if (closed) {
            return;
        }
        if (mayTry()) {
            trying = true;
            pace.enter(replica.strand(), this::takeOver);
        } else if (isAwake() && look.dueIn(isWell()).isZero()) {
            term.confirm();
            look.look(isWell());
        }
        arm();
    }

    private boolean mayTry() {
        return !asked.isEmpty()
                && !term.isHeld()
                && !trying
                && watch.nextTry().map(Duration::isZero).orElse(false);
    }

    /** Whether anything is wanted of this volume here: who neither leads nor asked to, and is served, only listens. */
    private boolean isAwake() {
        return started && (!asked.isEmpty() || term.isHeld() || replica.isShut());
    }

    /** Whether nothing is expected that only the record would tell. */
    private boolean isWell() {
        if (replica.isShut() || term.isUnconfirmed()) {
            return false;
        }
        return term.isHeld() ? term.isComplete() : !watch.doubtIn().isZero();
    }

    private void arm() {
        arm(LEAST_WAIT);
    }

    private void arm(Duration least) {
        timer.cancel();
        if (closed || !isAwake()) {
            return;
        }
        Duration wait = look.dueIn(isWell());
        if (!term.isHeld()) {
            if (!watch.doubtIn().isZero()) {
                wait = shorter(wait, watch.doubtIn());
            }
            if (!asked.isEmpty() && !trying) {
                wait = shorter(wait, watch.nextTry().orElse(wait));
            }
        }
        timer = runtime.after(wait.compareTo(least) < 0 ? least : wait, () -> on(this::next));
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    @Override
    public void recordSeen(VolumeRecord record) {
        watch.recordSeen(record);
        authority.recordSeen(record);
        replica.openGate(record.epoch()).exceptionally(this::staysShut);
        term.recordSeen(record);
    }

    @Override
    public void hostsSeen(Optional<HostNode> own, Set<HostNode> live) {
        watch.hostsSeen(own, live);
    }

    @Override
    public void looked() {
        next();
    }

    /** What was seen may say that it is time to take over: the turn is this volume's, and nothing is to be read again. */
    @Override
    public boolean keepsTurn(TakeOverPace.Turn turn) {
        if (closed || !mayTry()) {
            return false;
        }
        trying = true;
        mint(attempt(turn), Optional.empty());
        arm();
        return true;
    }

    /** An attempt in this volume's turn, which ends with it. */
    private CompletableFuture<Void> attempt(TakeOverPace.Turn turn) {
        CompletableFuture<Void> mine = new CompletableFuture<>();
        attempt = mine;
        attempt.whenComplete((nothing, failure) -> turn.leave());
        return mine;
    }

    private @Nullable Void staysShut(Throwable why) {
        LOG.atWarn()
                .setMessage("a store's gate stays shut: it is tried again")
                .addKeyValue("replica", replica.id())
                .addKeyValue("why", Failures.typed(why).getMessage())
                .log();
        return null;
    }

    /**
     * Reads the record once more before anything is minted: the watch may have waited for a primary that has come meanwhile,
     * and would end a term that is well (R39).
     */
    private void takeOver(TakeOverPace.Turn turn) {
        if (closed || term.isHeld()) {
            trying = false;
            turn.leave();
            return;
        }
        CompletableFuture<Void> mine = attempt(turn);
        look.now(isWell())
                .whenComplete((nothing, failure) -> on(() -> {
                    if (failure != null) {
                        RecoveryException why = Failures.typed(failure);
                        if (!(why instanceof RetriableException)) { // a service that is away is no news of each volume
                            tell(why);
                        }
                        Duration wait = readAgain;
                        readAgain = shorter(wait.multipliedBy(2), LONGEST_READ_AGAIN);
                        putOff(mine, wait);
                        return;
                    }
                    readAgain = READ_AGAIN;
                    if (!closed && watch.nextTry().map(Duration::isZero).orElse(false)) {
                        mint(mine, Optional.empty());
                    } else {
                        putOff(mine, LEAST_WAIT);
                    }
                }));
    }

    private void putOff(CompletableFuture<Void> mine, Duration least) {
        trying = false;
        mine.complete(null);
        arm(least);
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
                        term.adopt(minted).whenComplete((nothing, never) -> on(() -> trying = false));
                        mine.complete(null);
                    } else {
                        trying = false;
                        watch.failed();
                        RecoveryException why = Unclean.whyNot(result, failure);
                        if (!(result instanceof TakeOver.LostRace)) { // another host leads: that is well
                            tell(why);
                        }
                        mine.completeExceptionally(why);
                        look.look(isWell());
                    }
                    arm();
                }));
    }

    /** Nobody waits for this attempt, but for all that follow: a reason is told when it is another one than the last. */
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

    @Override
    public void ready(Leadership leadership) {
        List<CompletableFuture<Leadership>> told = new ArrayList<>(asked);
        asked.clear();
        told.forEach(each -> each.complete(leadership));
    }

    @Override
    public void committed() {
        watch.succeeded();
    }

    @Override
    public void over() {
        watch.failed();
        look.expect();
        look.look(isWell());
        arm();
    }
}
