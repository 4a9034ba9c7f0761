package io.resilver.execution;

import io.resilver.engine.CommitTracker;
import io.resilver.engine.EpochLimit;
import io.resilver.engine.SenderState;
import io.resilver.engine.Standing;
import io.resilver.replica.link.Response;
import io.resilver.runtime.HostRuntime;
import io.resilver.runtime.Strand;
import io.resilver.spi.driver.Admission;
import io.resilver.spi.driver.Assignment;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.driver.ReplicaStatus;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.RetainedHistory;
import io.resilver.spi.model.VolumeId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * One term of the primary of one volume: it owns the senders to the other replicas, decides what is committed (R30), and
 * asks for changes of the in-sync set (R31). State lives on the strand; what the host's writer and readers ask is answered
 * from volatile copies.
 */
public final class VolumeLeader implements Leadership, Leader {
    /** So long after a write another one is to be expected: often enough for the rate to follow writers who come and go. */
    private static final Duration WRITING = Duration.ofSeconds(1);

    private final LeaderContext context;
    private final Membership membership;
    private final LocalGate gate;
    private final OwnCommitted ownCommitted;
    private final ReadLease readLease;
    private final Strand strand;
    private final StrandIo io;
    private final long boundaryLsn;
    private final CommitTracker tracker;
    private final InSyncSet inSync;
    private final CommitWaiters waiters;
    private final Senders senders;
    private final CompletableFuture<Leadership> ready = new CompletableFuture<>();
    private final CompletableFuture<String> ended = new CompletableFuture<>();
    private final long startedNanos;
    private long headLsn;
    /** When the own writer made something durable last. */
    private OptionalLong writtenNanos = OptionalLong.empty();

    private boolean over;
    private volatile OptionalLong committed = OptionalLong.empty();
    /**
     * The adopted head, and then what every required replica had durably at some moment of this term. That is committed as soon as
     * the read lease allows: no plan may take one of them back behind it meanwhile. A replica counts again only after the fence
     * that its next plan follows, and this is set after each, so that it is never too low for a plan.
     */
    private volatile long reachedLsn;

    private volatile Set<ReplicaId> required;
    private volatile long lagLsns;

    /** The gate of the primary's own store (R2). Thread safe; does not block. */
    public interface LocalGate {
        /**
         * Lets the primary's own writer change its store.
         *
         * @return a pass
         * @throws FencedException when a newer token was let in
         */
        Admission enter() throws FencedException;
    }

    /**
     * A term whose own store has promised its epoch and whose gate is closed to everything older.
     *
     * @param context what it works with
     * @param membership the in-sync set
     * @param gate of the own store
     * @param boundaryLsn the adopted head: the own store's durable head, read after the gate was closed and drained (R32)
     * @param runtime time and threads
     * @param strand where its state lives
     */
    public VolumeLeader(
            LeaderContext context,
            Membership membership,
            LocalGate gate,
            long boundaryLsn,
            HostRuntime runtime,
            Strand strand) {
        this.context = context;
        this.membership = membership;
        this.gate = gate;
        this.strand = strand;
        this.io = new StrandIo(runtime, strand, context.adapter().storeOf(context.self()));
        this.boundaryLsn = boundaryLsn;
        this.reachedLsn = boundaryLsn;
        this.headLsn = boundaryLsn;
        this.tracker = new CommitTracker(context.self(), boundaryLsn);
        this.waiters = new CommitWaiters();
        this.ownCommitted = new OwnCommitted(
                context.store().target(),
                gate,
                io,
                this::told,
                cause -> standDown("the primary's own store failed: " + cause.getMessage()));
        this.readLease = new ReadLease(context.options().servedFor(), io);
        this.startedNanos = io.nanos();
        this.senders = new Senders((each, sessions) -> new Sender(each, context, this, io, sessions));
        this.inSync =
                new InSyncSet(context, membership, tracker, senders, boundaryLsn, io, this::standDown, this::update);
        this.required = inSync.required();
    }

    // ------------------------------------------------------------------------------------------------ the term

    /**
     * Begins, with every other replica recovered as soon as it can be.
     *
     * @param first the replica set
     * @param recoverAll whether senders begin by themselves, or only when asked
     * @return completes when every other member of the set is fenced or removed (R33)
     */
    public CompletionStage<Leadership> start(Assignment first, boolean recoverAll) {
        strand.execute(() -> {
            tracker.own(boundaryLsn);
            inSync.start();
            apply(first, recoverAll);
            tick();
        });
        return ready;
    }

    /**
     * Takes another replica set under the same epoch (R4, R6).
     *
     * @param next an assignment of this term; an older or equal one changes nothing
     * @param recoverAll whether new senders begin by themselves
     */
    public void reassign(Assignment next, boolean recoverAll) {
        strand.execute(() -> apply(next, recoverAll));
    }

    private void apply(Assignment next, boolean recoverAll) {
        if (!over && senders.apply(next, recoverAll, inSync::dropped)) {
            update();
        }
    }

    /**
     * Runs something with a sender on the strand.
     *
     * @param replica whose sender
     * @param work what to do
     * @param <T> its answer
     * @return the answer; fails when the replica has no sender here
     */
    <T> CompletableFuture<T> with(ReplicaId replica, Function<Sender, CompletionStage<T>> work) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        strand.execute(() -> {
            Optional<Sender> sender = senders.find(replica);
            if (sender.isEmpty() || over) {
                answer.completeExceptionally(new FencedException(
                        "replica " + replica + " has no sender on this host: it is not assigned, or the term is over",
                        context.epoch().number()));
                return;
            }
            CompletionStage<T> made;
            try {
                made = work.apply(sender.get());
            } catch (RuntimeException bug) { // of a policy or an adapter: it fails what was asked, not the volume
                answer.completeExceptionally(StrandIo.typed(bug));
                return;
            }
            made.whenComplete((value, failure) -> {
                if (failure != null) {
                    answer.completeExceptionally(failure);
                } else {
                    answer.complete(value);
                }
            });
        });
        return answer;
    }

    /**
     * The senders' view for a host that drives them.
     *
     * @return stepwise access
     */
    public SenderAccess senders() {
        return new SenderAccess(this);
    }

    /**
     * Ends the term.
     *
     * @param why for people
     * @return completes when every session is ended and every pin released, but for one that is being taken at that moment:
     *     it is released as soon as the call that takes it returns
     */
    public CompletionStage<String> stop(String why) {
        strand.execute(() -> standDown(why));
        return ended;
    }

    private void standDown(String why) {
        if (over) {
            return;
        }
        over = true;
        readLease.restsOnNothing();
        senders.all().forEach(each -> each.close(why));
        FencedException cause = new FencedException(
                "the term " + context.epoch() + " of volume " + volume() + " is over: " + why,
                context.epoch().number());
        waiters.fail(cause);
        ready.completeExceptionally(cause);
        ended.complete(why);
    }

    /** Thread safe. */
    private void tick() {
        context.scheduler().looks().enter(strand, turn -> {
            try {
                if (!over) {
                    look();
                }
            } finally {
                turn.leave();
                if (!over) { // whatever a policy or an adapter throws, the next look comes
                    io.afterElsewhere(context.options().tick(), this::tick);
                }
            }
        });
    }

    private void look() {
        for (Sender sender : senders.all()) {
            sender.tick();
        }
        inSync.tick(headLsn);
        lagLsns = senders.all().stream()
                .mapToLong(each -> headLsn - each.durableLsn().orElse(0))
                .max()
                .orElse(0);
        update();
    }

    /**
     * This host's TLS files have changed: senders that were not trusted, or did not trust, try again at once. Thread safe.
     */
    public void trustChanged() {
        strand.execute(() -> {
            if (!over) {
                senders.all().forEach(Sender::trustChanged);
            }
        });
    }

    /**
     * The record may have changed: asks what is in force. Thread safe.
     */
    public void refreshMembership() {
        strand.execute(() -> {
            if (!over) {
                inSync.refresh();
            }
        });
    }

    /**
     * The host has changed the record in this term for another reason, or confirmed it: what was in it then is in force, and is
     * no news any more to who compares it with what the term last wrote. Thread safe.
     */
    public void membershipConfirmed() {
        strand.execute(() -> {
            if (!over) {
                inSync.confirmed();
            }
        });
    }

    // ------------------------------------------------------------------------------------------------ committing

    /** Looks at everything that follows from what is counted; cheap, and called after every change. */
    private void update() {
        if (over) {
            return;
        }
        inSync.settle();
        required = inSync.required();
        if (!ready.isDone() && inSync.everyMemberFenced()) {
            ready.complete(this);
        }
        reachedLsn = tracker.committed().orElse(boundaryLsn);
        if (ownCommitted.told().isPresent()) {
            inSync.others().ifPresentOrElse(readLease::restsOn, readLease::restsOnNothing);
        } else {
            readLease.restsOnNothing();
        }
        long now = io.nanos();
        if (tracker.committed().isPresent()
                && !tracker.committed().equals(committed)
                && context.counting()
                        .mayAcknowledge(
                                Duration.ofNanos(now - startedNanos),
                                context.options().readLease())) {
            committed = tracker.committed();
            context.meter().committed();
            long upTo = committed.getAsLong();
            ownCommitted.committed(upTo);
            senders.all().forEach(each -> each.keepUp().ifPresent(KeepUp::pump));
        }
    }

    /** The own store shows what was committed: only now may a writer hear of it, who might read it at once (R37). */
    private void told(long upTo) {
        if (!over) {
            waiters.committed(upTo);
            update();
        }
    }

    // ------------------------------------------------------------------------------------------------ senders tell

    @Override
    public RetainedHistory history() throws RecoveryException {
        long reached = reachedLsn; // before the head, which only grows and is never below it
        RetainedHistory own = context.store().source().history();
        return own.withCommitted(OptionalLong.of(reached));
    }

    @Override
    public Standing standing(ReplicaId replica) {
        return inSync.required().contains(replica) ? Standing.COUNTED : Standing.OUTSIDE;
    }

    @Override
    public long headLsn() {
        return headLsn;
    }

    @Override
    public boolean mayStartBulkStep() {
        return membership.mayStartBulkStep();
    }

    @Override
    public boolean isWrittenTo() {
        return writtenNanos.isPresent() && io.nanos() - writtenNanos.getAsLong() < WRITING.toNanos();
    }

    @Override
    public void fenced(Sender sender) {
        inSync.fenced(sender);
        update();
    }

    @Override
    public void heardCommitted(long lsn) {
        ownCommitted.heard(lsn);
    }

    @Override
    public void keepingUp(Sender sender, long durableLsn) {
        inSync.counts(sender, durableLsn);
        update();
    }

    @Override
    public void durable(Sender sender, long lsn) {
        inSync.counts(sender, lsn);
        update();
    }

    @Override
    public void sessionEnded(Sender sender) {
        inSync.uncount(sender);
    }

    @Override
    public void sourceIncomplete(Sender sender) {
        if (inSync.isMember(sender.replica())) {
            standDown("member " + sender.replica() + " holds acknowledged entries that this primary lacks");
        }
    }

    @Override
    public void refused(Sender sender, Response.Refused refused) {
        context.events()
                .accept(new RecoveryEvent.TokenRefused(sender.replica(), refused.token(), refused.promisedEpoch()));
        if (EpochLimit.isExceededBy(refused.promisedEpoch())) {
            return; // nobody minted that: its attempt has failed, and it is out of the set like one that does not
            // answer
        }
        boolean otherMint = refused.promisedEpoch() == context.epoch().number()
                && refused.promisedMint().isPresent()
                && !refused.promisedMint().get().equals(context.epoch().mint());
        if (refused.promisedEpoch() > context.epoch().number() || otherMint) {
            standDown("replica " + sender.replica() + " has promised epoch " + refused.promisedEpoch()
                    + (otherMint ? " with another mint id" : ""));
        }
    }

    /**
     * How far the replica that is furthest behind is from the head, at the last tick. Thread safe.
     *
     * @return LSNs, 0 without other replicas
     */
    public long lagLsns() {
        return lagLsns;
    }

    /**
     * How the replicas stand.
     *
     * @return one status a replica, made on the strand
     */
    public CompletionStage<List<ReplicaStatus>> status() {
        CompletableFuture<List<ReplicaStatus>> answer = new CompletableFuture<>();
        strand.execute(() -> answer.complete(senders.all().stream()
                .map(each -> each.status(inSync.isMember(each.replica()) && each.state() == SenderState.IN_SYNC))
                .toList()));
        return answer;
    }

    // ------------------------------------------------------------------------------------------------ the host asks

    @Override
    public VolumeId volume() {
        return context.self().volume();
    }

    @Override
    public Epoch epoch() {
        return context.epoch();
    }

    @Override
    public LineageElement writer() {
        return LineageElement.of(context.epoch(), boundaryLsn + 1);
    }

    @Override
    public Set<ReplicaId> inSyncSet() {
        return required;
    }

    @Override
    public OptionalLong committedLsn() {
        return committed;
    }

    @Override
    public boolean mayServeReads() {
        return readLease.holds();
    }

    @Override
    public Admission enter() throws FencedException {
        return gate.enter();
    }

    @Override
    public void flushed(long lsn) {
        strand.execute(() -> {
            if (lsn > headLsn) {
                headLsn = lsn;
                writtenNanos = OptionalLong.of(io.nanos());
                tracker.own(lsn);
                senders.all().forEach(each -> each.keepUp().ifPresent(KeepUp::pump));
                update();
            }
        });
    }

    @Override
    public CompletionStage<Void> whenCommitted(long lsn) {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        strand.execute(() -> {
            if (over) {
                answer.completeExceptionally(new FencedException(
                        "the term " + context.epoch() + " is over",
                        context.epoch().number()));
            } else if (ownCommitted.told().isPresent() && ownCommitted.told().getAsLong() >= lsn) {
                answer.complete(null);
            } else {
                waiters.add(lsn, answer);
            }
        });
        return answer;
    }

    @Override
    public CompletionStage<String> ended() {
        return ended;
    }
}
