package io.resilver.plugin.driver;

import io.resilver.coordination.HostNode;
import io.resilver.coordination.HostSession;
import io.resilver.coordination.TakeOver;
import io.resilver.coordination.TakeOverWatch;
import io.resilver.coordination.Tenure;
import io.resilver.coordination.UncleanPermission;
import io.resilver.coordination.VolumeAuthority;
import io.resilver.coordination.VolumeRecord;
import io.resilver.coordination.Volumes;
import io.resilver.execution.VolumeLeader;
import io.resilver.runtime.HostRuntime;
import io.resilver.spi.driver.Assignment;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.model.Epoch;
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
 * Leads one volume whenever this host may: watches the record and the primary, takes over when the watch says so (R39), and
 * turns the term that it won into a {@link VolumeLeader}. State lives on the replica's strand.
 *
 * <pre>
 *   asked ──▶ watching ──(watch says now)──▶ minting ──(won)──▶ adopting ──▶ leading ──(term over)──▶ idle
 *                ▲                              │ lost
 *                └──────── back-off ◀───────────┘
 * </pre>
 */
final class LeadLoop {
    private static final Logger LOG = LoggerFactory.getLogger(LeadLoop.class);

    /** How often the watch is asked: short against the silence window, so that a take-over is not late by much. */
    private static final Duration POLL = Duration.ofMillis(100);

    /** How often the record is read again without a hint: it brings endpoints that moved and terms that ended. */
    private static final Duration REREAD = Duration.ofSeconds(1);

    /** Stands for the mint id of a promise of which only the number is known. */
    private static final MintId MET = new MintId("met");

    private final LocalReplica replica;
    private final VolumeAuthority authority;
    private final TakeOverWatch watch;
    private final Volumes volumes;
    private final HostSession session;
    private final LeaderFactory factory;
    private final HostRuntime runtime;
    private final List<CompletableFuture<Leadership>> asked = new ArrayList<>();
    /** The mint that was tried last: complete once it is known what it came to. */
    private CompletionStage<Void> attempt = CompletableFuture.completedFuture(null);

    private Optional<Tenure> tenure = Optional.empty();
    private Optional<Leadership> ready = Optional.empty();
    private boolean polling;
    private boolean trying;
    private boolean reading;
    private boolean confirming;
    private boolean closed;
    private long readNanos;
    private long highestMet;

    /** Makes a leader for a term. */
    @FunctionalInterface
    interface LeaderFactory {
        VolumeLeader make(LocalReplica replica, Tenure tenure, long boundaryLsn);
    }

    LeadLoop(
            LocalReplica replica,
            VolumeAuthority authority,
            TakeOverWatch watch,
            Volumes volumes,
            HostSession session,
            LeaderFactory factory,
            HostRuntime runtime) {
        this.replica = replica;
        this.authority = authority;
        this.watch = watch;
        this.volumes = volumes;
        this.session = session;
        this.factory = factory;
        this.runtime = runtime;
    }

    /** Begins to look: a store whose gate is shut is opened as soon as the record allows it (R42). */
    void start() {
        on(this::poll);
    }

    /** Leads as soon as this host may; while it leads already, answers with that term once it is ready. */
    CompletionStage<Leadership> lead() {
        CompletableFuture<Leadership> answer = new CompletableFuture<>();
        on(() -> {
            if (closed) {
                answer.completeExceptionally(new CancelledException("the driver is closing"));
                return;
            }
            if (ready.isPresent()) {
                answer.complete(ready.get());
                return;
            }
            asked.add(answer);
            read();
            poll();
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
            if (closed || trying || tenure.isPresent()) {
                mine.completeExceptionally(Unclean.busy(replica.id().volume()));
                return;
            }
            trying = true;
            attempt = mine;
            mint(mine, Optional.of(once));
        });
        return mine.thenCompose(minted -> lead());
    }

    void hostsSeen(Set<HostNode> live) {
        on(() -> {
            watch.hostsSeen(session.node(), live);
            read();
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

    /** A new session of this host: the term in force is confirmed in place, without a new epoch (R38). */
    void sessionOpened() {
        on(this::confirm);
    }

    /**
     * Confirms the term where the record names another session than the one in force: this host's own earlier one. Only
     * another mint ends the term; whatever else goes wrong is tried again with the next look.
     */
    private void confirm() {
        Optional<HostNode> node = session.node();
        if (closed
                || confirming
                || node.isEmpty()
                || tenure.isEmpty()
                || tenure.get().record().primary().equals(node)) {
            return;
        }
        confirming = true;
        tenure.get()
                .confirm()
                .whenComplete((record, failure) -> on(() -> {
                    confirming = false;
                    if (failure != null && Failures.typed(failure) instanceof FencedException deposed) {
                        stop("the term was not confirmed in a new session: " + deposed.getMessage());
                    }
                }));
    }

    /** Ends the term gracefully: the others need not wait (R39). */
    CompletionStage<Void> close() {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        on(() -> {
            closed = true;
            asked.forEach(each -> each.completeExceptionally(new CancelledException("the driver is closing")));
            asked.clear();
            // A mint that is under way may be won yet: then it is handed over too.
            attempt.whenComplete((nothing, never) -> on(() -> handOver(answer)));
        });
        return answer;
    }

    private void handOver(CompletableFuture<Void> answer) {
        Optional<Tenure> held = tenure;
        replica.stopLeading("the host is closing").whenComplete((why, failure) -> {
            if (held.isPresent()) {
                held.get().resign().whenComplete((record, error) -> answer.complete(null));
            } else {
                answer.complete(null);
            }
        });
    }

    private void stop(String why) {
        replica.stopLeading(why);
    }

    private void on(Runnable task) {
        replica.strand().execute(task);
    }

    private void poll() {
        if (polling || closed) {
            return;
        }
        polling = true;
        runtime.after(
                POLL,
                () -> on(() -> {
                    polling = false;
                    if (closed || (asked.isEmpty() && tenure.isEmpty() && !replica.isShut())) {
                        return;
                    }
                    if (runtime.clock().nanos() - readNanos > REREAD.toNanos()) {
                        read();
                        confirm();
                    }
                    if (!asked.isEmpty()
                            && tenure.isEmpty()
                            && !trying
                            && watch.nextTry().map(Duration::isZero).orElse(false)) {
                        takeOver();
                    }
                    poll();
                }));
    }

    /** Reads the record: a hint that feeds the watch, and what a leader's senders learn of endpoints (R35). */
    private void read() {
        if (reading || closed) {
            return;
        }
        reading = true;
        readNanos = runtime.clock().nanos();
        volumes.read(replica.id().volume())
                .whenComplete((found, failure) -> on(() -> {
                    reading = false;
                    if (failure == null) {
                        found.filter(record -> record.incarnation().equals(replica.incarnation()))
                                .ifPresent(this::seen);
                    }
                }));
    }

    private void seen(VolumeRecord record) {
        watch.recordSeen(record);
        lookForPrimary(record);
        replica.openGate(record.epoch()).exceptionally(this::staysShut);
        if (tenure.isEmpty()) {
            return;
        }
        if (!record.epoch().equals(tenure.get().epoch())) {
            // What was read decides nothing: the compare-and-set that this asks for ends the term, or does not (R35).
            replica.leader().ifPresent(VolumeLeader::refreshMembership);
        } else {
            boolean changed = record.configuration() > tenure.get().record().configuration();
            replica.leader().ifPresent(term -> {
                term.reassign(assignment(record), true);
                if (changed) {
                    term.refreshMembership();
                }
            });
        }
    }

    /**
     * Whether the primary of this record is there: who is missing in what was seen before may have come since, so that the
     * hosts are read again before anybody is taken for gone (R39).
     */
    private void lookForPrimary(VolumeRecord record) {
        Set<HostNode> before = session.liveHosts();
        if (record.primary().map(before::contains).orElse(!before.isEmpty())) {
            watch.hostsSeen(session.node(), before);
        } else {
            session.readHosts()
                    .whenComplete((now, failure) -> on(() -> {
                        if (failure == null) {
                            watch.hostsSeen(session.node(), now);
                        }
                    }));
        }
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
        trying = true;
        CompletableFuture<Void> mine = new CompletableFuture<>();
        attempt = mine;
        volumes.read(replica.id().volume())
                .whenComplete((found, failure) -> on(() -> {
                    if (failure == null) {
                        found.filter(record -> record.incarnation().equals(replica.incarnation()))
                                .ifPresent(this::seen);
                    }
                    if (failure == null && watch.nextTry().map(Duration::isZero).orElse(false)) {
                        mint(mine, Optional.empty());
                    } else {
                        trying = false;
                        mine.complete(null);
                    }
                }));
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
                        tenure = Optional.of(minted.tenure());
                        adopt(minted);
                    } else {
                        trying = false;
                        watch.failed();
                        read();
                        mine.completeExceptionally(Unclean.whyNot(result, failure));
                    }
                    mine.complete(null);
                }));
    }

    private record Own(Optional<Epoch> promise, ReplicaPosition position) {}

    /** The higher of both, as what a mint must exceed: of that only the number counts. */
    private static Optional<Epoch> atLeast(Optional<Epoch> promise, long met) {
        return promise.map(Epoch::number).orElse(0L) < met ? Optional.of(new Epoch(met, MET)) : promise;
    }

    private void adopt(TakeOver.Minted minted) {
        if (closed) {
            return; // who closes resigns it
        }
        Tenure won = minted.tenure();
        watch.recordSeen(minted.record());
        replica.adopt(won.epoch())
                .whenComplete((boundary, failure) -> on(() -> {
                    trying = false;
                    if (failure != null || closed) {
                        over(won, failure == null ? "the driver is closing" : String.valueOf(failure.getMessage()));
                        return;
                    }
                    VolumeLeader leader = factory.make(replica, won, boundary);
                    replica.leads(leader);
                    leader.ended().whenComplete((why, error) -> on(() -> over(won, why)));
                    // Getting ready is no success yet: a primary that lacks entries gets ready time and again (R33).
                    leader.whenCommitted(boundary)
                            .whenComplete((nothing, error) -> on(() -> {
                                if (error == null) {
                                    watch.succeeded();
                                }
                            }));
                    leader.start(assignment(minted.record()), true)
                            .whenComplete((leadership, error) -> on(() -> {
                                if (error == null) {
                                    ready = Optional.of(leadership);
                                    List<CompletableFuture<Leadership>> told = new ArrayList<>(asked);
                                    asked.clear();
                                    told.forEach(each -> each.complete(leadership));
                                }
                            }));
                }));
    }

    private void over(Tenure term, String why) {
        if (!closed) {
            term.standDown(why); // a graceful close resigns instead
        }
        if (tenure.equals(Optional.of(term))) {
            tenure = Optional.empty();
            ready = Optional.empty();
            watch.failed();
            read();
            poll();
        }
    }

    private Assignment assignment(VolumeRecord record) {
        return new Assignment(
                record.volume(),
                record.incarnation(),
                record.epoch(),
                record.configuration(),
                replica.id(),
                record.replicas().stream()
                        .map(each -> new ReplicaAssignment(each.id(), each.host(), each.endpoint(), Duty.FOLLOW))
                        .toList());
    }
}
