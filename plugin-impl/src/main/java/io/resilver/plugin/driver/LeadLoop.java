package io.resilver.plugin.driver;

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
import io.resilver.execution.VolumeLeader;
import io.resilver.runtime.HostRuntime;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.RecoveryException;
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
import java.util.function.Consumer;
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
final class LeadLoop implements HeldTerm.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(LeadLoop.class);

    /** No two looks follow each other closer than this, whatever the clock's grain. */
    private static final Duration LEAST_WAIT = Duration.ofMillis(1);

    /** A record that could not be read is no failure of this candidate, whose turn it stays: it is read again soon. */
    private static final Duration READ_AGAIN = Duration.ofMillis(100);

    private static final CompletionStage<Void> NOTHING = CompletableFuture.completedStage(null);

    /** Stands for the mint id of a promise of which only the number is known. */
    private static final MintId MET = new MintId("met");

    private final LocalReplica replica;
    private final VolumeAuthority authority;
    private final TakeOverWatch watch;
    private final TakeOverPace pace;
    private final Volumes volumes;
    private final HostSession session;
    private final HostRuntime runtime;
    private final HeldTerm term;
    private final Rereading rereading;
    private final List<CompletableFuture<Leadership>> asked = new ArrayList<>();
    /** The mint that was tried last: complete once it is known what it came to. */
    private CompletionStage<Void> attempt = CompletableFuture.completedFuture(null);

    private HostRuntime.Timer timer = () -> {};
    private boolean started;
    private boolean trying;
    private boolean reading;
    private boolean closed;
    private long highestMet;
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
        this.volumes = volumes;
        this.session = session;
        this.runtime = runtime;
        this.term = new HeldTerm(replica, session, factory, this);
        this.rereading = new Rereading(runtime.clock(), runtime.random());
    }

    /** Begins to look: a store whose gate is shut is opened as soon as the record allows it (R42). */
    void start() {
        on(() -> {
            started = true;
            arm();
        });
    }

    /** Leads as soon as this host may; while it leads already, answers with that term once it is ready. */
    CompletionStage<Leadership> lead() {
        CompletableFuture<Leadership> answer = new CompletableFuture<>();
        on(() -> {
            if (closed || denied.isPresent()) {
                answer.completeExceptionally(denied.orElseGet(() -> new CancelledException("the driver is closing")));
                return;
            }
            if (term.ready().isPresent()) {
                answer.complete(term.ready().get());
                return;
            }
            started = true;
            asked.add(answer);
            read();
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
            rereading.expect();
            look();
        });
    }

    /** Somebody is not where the record said: it may say something else by now. */
    void recordDoubted() {
        on(this::read);
    }

    /** Somebody has promised more than this host's term: the next mint goes beyond it at once (R42). */
    void promiseMet(long epochNumber) {
        on(() -> highestMet = Math.max(highestMet, epochNumber));
    }

    void heardFromPrimary() {
        on(watch::heardFromPrimary);
    }

    /** A connection broke over which a host had sent to this replica (R39). */
    void linkLost(HostId from) {
        on(() -> {
            if (!watch.linkLost(from) && isAwake() && !reading) {
                readInTurn(); // it may lead by a record that was not seen yet
            }
            arm();
        });
    }

    /** A new session of this host: the term in force is confirmed in place, without a new epoch (R38). */
    void sessionOpened() {
        on(() -> {
            rereading.expect();
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

    /** Ends the term gracefully: the others need not wait (R39). */
    CompletionStage<Void> close() {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        on(() -> {
            closed = true;
            timer.cancel();
            term.close();
            failAsked(new CancelledException("the driver is closing"));
            // A mint that is under way may be won yet: then it is handed over too.
            attempt.whenComplete((nothing, never) ->
                    on(() -> term.handOver().whenComplete((handed, error) -> answer.complete(null))));
        });
        return answer;
    }

    private void on(Runnable task) {
        replica.strand().execute(task);
    }

    /** Does what it is time for, and sets the timer for what comes next. */
    private void look() {
        if (closed) {
            return;
        }
        if (mayTry()) {
            trying = true;
            pace.enter(() -> on(this::takeOver));
        } else if (isAwake() && !reading && rereading.dueIn(isWell()).isZero()) {
            term.confirm();
            readInTurn();
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
        // while a read is under way, its end looks again
        Duration wait = reading ? Rereading.LONGEST : rereading.dueIn(isWell());
        if (!term.isHeld()) {
            if (!watch.doubtIn().isZero()) {
                wait = shorter(wait, watch.doubtIn());
            }
            if (!asked.isEmpty() && !trying) {
                wait = shorter(wait, watch.nextTry().orElse(wait));
            }
        }
        timer = runtime.after(wait.compareTo(least) < 0 ? least : wait, () -> on(this::look));
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /** Reads when it is this volume's turn: a host that died leaves many in doubt at once. */
    private void readInTurn() {
        reading = true;
        rereading.reads(isWell());
        pace.enter(() -> on(() -> readNow(this::readInTurn)));
    }

    /** What was read may say that it is time to take over: the turn is this volume's, and nothing is to be read again. */
    private void readInTurn(boolean read) {
        if (read && !closed && mayTry()) {
            trying = true;
            mint(attempt(), Optional.empty());
            arm();
        } else {
            pace.leave();
            look();
        }
    }

    /** An attempt in this volume's turn, which ends with it. */
    private CompletableFuture<Void> attempt() {
        CompletableFuture<Void> mine = new CompletableFuture<>();
        attempt = mine;
        attempt.whenComplete((nothing, failure) -> pace.leave());
        return mine;
    }

    private void read() {
        if (reading || closed) {
            return;
        }
        reading = true;
        rereading.reads(isWell());
        readNow(read -> look());
    }

    /** Reads the record: a hint that feeds the watch, and what a leader's senders learn of endpoints (R35). */
    private void readNow(Consumer<Boolean> then) {
        volumes.read(replica.id().volume())
                .whenComplete((found, failure) -> on(() -> {
                    reading = false;
                    CompletionStage<Void> known = failure == null && !closed
                            ? ofThisIncarnation(found).map(this::seen).orElse(NOTHING)
                            : NOTHING;
                    known.whenComplete((nothing, never) -> on(() -> then.accept(failure == null)));
                }));
    }

    private Optional<VolumeRecord> ofThisIncarnation(Optional<VolumeRecord> found) {
        return found.filter(record -> record.incarnation().equals(replica.incarnation()));
    }

    /** Takes in a record; complete once it is known as well whether its primary is there. */
    private CompletionStage<Void> seen(VolumeRecord record) {
        watch.recordSeen(record);
        replica.openGate(record.epoch()).exceptionally(this::staysShut);
        term.recordSeen(record);
        return lookForPrimary(record);
    }

    /**
     * Whether the primary of this record is there: who is missing in what was seen before may have come since, so that the
     * hosts are read again before anybody is taken for gone (R39).
     */
    private CompletionStage<Void> lookForPrimary(VolumeRecord record) {
        Set<HostNode> before = session.liveHosts();
        if (record.primary().map(before::contains).orElse(!before.isEmpty())) {
            watch.hostsSeen(session.node(), before);
            return NOTHING;
        }
        CompletableFuture<Void> known = new CompletableFuture<>();
        session.readHosts()
                .whenComplete((now, failure) -> on(() -> {
                    if (failure == null) {
                        watch.hostsSeen(session.node(), now);
                    }
                    known.complete(null);
                }));
        return known;
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
    private void takeOver() {
        if (closed || term.isHeld()) {
            trying = false;
            pace.leave();
            return;
        }
        CompletableFuture<Void> mine = attempt();
        rereading.reads(isWell());
        volumes.read(replica.id().volume())
                .whenComplete((found, failure) -> on(() -> {
                    if (failure != null) {
                        putOff(mine, READ_AGAIN);
                        return;
                    }
                    ofThisIncarnation(found)
                            .map(this::seen)
                            .orElse(NOTHING)
                            .whenComplete((nothing, never) -> on(() -> {
                                if (!closed
                                        && watch.nextTry().map(Duration::isZero).orElse(false)) {
                                    mint(mine, Optional.empty());
                                } else {
                                    putOff(mine, LEAST_WAIT);
                                }
                            }));
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
                        watch.recordSeen(minted.record());
                        term.adopt(minted).whenComplete((nothing, never) -> on(() -> trying = false));
                        mine.complete(null);
                    } else {
                        trying = false;
                        watch.failed();
                        mine.completeExceptionally(Unclean.whyNot(result, failure));
                        read();
                    }
                    arm();
                }));
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
        rereading.expect();
        read();
        arm();
    }
}
