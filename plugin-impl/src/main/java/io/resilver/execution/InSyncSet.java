package io.resilver.execution;

import io.resilver.engine.CommitTracker;
import io.resilver.engine.SenderState;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who must have an entry before it is committed, and the changes that are asked of the volume's record (R31).
 *
 * <p>Required are the recorded members and every joiner that is held or asked for: the larger set counts until a change
 * has settled it. A member that does not answer, or does not make durable what is waiting, for its grace is removed from
 * the record first, and only then missed. Used on the strand.
 */
final class InSyncSet {
    private final LeaderContext context;
    private final Membership membership;
    private final CommitTracker tracker;
    private final Senders senders;
    private final long boundaryLsn;
    private final StrandIo io;
    private final Consumer<String> deposed;
    private final Runnable settled;
    private final Map<ReplicaId, Long> goodNanos = new HashMap<>();
    /** Where each said last that it stands. */
    private final Map<ReplicaId, Long> stoodAt = new HashMap<>();

    private final Map<ReplicaId, Long> heldSinceNanos = new HashMap<>();
    private final Set<ReplicaId> fenced = new HashSet<>();
    private final Set<ReplicaId> joining = new HashSet<>();
    private final Set<ReplicaId> leaving = new HashSet<>();
    private Membership.View view;
    private long headAtLastTick;
    private boolean refreshing;

    InSyncSet(
            LeaderContext context,
            Membership membership,
            CommitTracker tracker,
            Senders senders,
            long boundaryLsn,
            StrandIo io,
            Consumer<String> deposed,
            Runnable settled) {
        this.context = context;
        this.membership = membership;
        this.tracker = tracker;
        this.senders = senders;
        this.boundaryLsn = boundaryLsn;
        this.io = io;
        this.deposed = deposed;
        this.settled = settled;
        this.view = membership.view();
    }

    void start() {
        long now = io.nanos();
        view.members().forEach(member -> goodNanos.put(member, now));
        require();
    }

    boolean isMember(ReplicaId replica) {
        return view.members().contains(replica);
    }

    Set<ReplicaId> required() {
        return context.counting().required(context.self(), view.members(), heldSinceNanos.keySet(), joining);
    }

    boolean everyMemberFenced() {
        return view.members().stream().allMatch(each -> each.equals(context.self()) || fenced.contains(each));
    }

    /**
     * A member was fenced, and said where it stands. To have all that there is is good, but not while something waits for a
     * member that is to be rebuilt: where the base that it would need comes only once commits go on, it would hold them up,
     * and wait, for as long as it is fenced again.
     */
    void fenced(Sender sender) {
        fenced.add(sender.replica());
        long lsn = sender.position().orElseThrow().flushedLsn();
        boolean waitedFor = sender.isRebuildNext() && tracker.committed().orElse(0) < headAtLastTick;
        stands(sender.replica(), lsn, lsn >= headAtLastTick && !waitedFor);
    }

    /**
     * Only what is durable is good: more than before, or all that there was to have. A member that is recovered time and again,
     * and whose store takes nothing, is to be missed like one that is away.
     */
    private void stands(ReplicaId replica, long lsn, boolean owesNothing) {
        Long before = stoodAt.put(replica, lsn);
        if (before == null || lsn > before || owesNothing) {
            goodNanos.put(replica, io.nanos());
        }
    }

    /** What was heard of it since is good while it owes nothing; otherwise only progress is. */
    private void hearOf(Sender sender) {
        OptionalLong counted = tracker.counted(sender.replica());
        if (counted.isPresent() && counted.getAsLong() >= headAtLastTick) {
            sender.life()
                    .last()
                    .ifPresent(sign -> goodNanos.merge(sender.replica(), sign.heardNanos(), InSyncSet::later));
        }
    }

    private static long later(long one, long other) {
        return other - one > 0 ? other : one;
    }

    /** A replica in keep-up reported an LSN: within its session, at this epoch, after its truncation (R30). */
    void counts(Sender sender, long lsn) {
        if (sender.proven() && sender.keepUp().isPresent() && identityIsRecorded(sender)) {
            tracker.counted(sender.replica(), lsn);
            stands(sender.replica(), lsn, lsn >= headAtLastTick);
            sender.member(isMember(sender.replica()), "in the recorded set");
        }
    }

    /** A store that is not the recorded one counts for nothing (R36); one that joins is named by the change itself. */
    private boolean identityIsRecorded(Sender sender) {
        StoreIdentity recorded = view.stores().get(sender.replica());
        return recorded == null
                || !isMember(sender.replica())
                || sender.store().map(recorded::equals).orElse(false);
    }

    void uncount(Sender sender) {
        hearOf(sender); // since the last look, while it counted
        tracker.uncount(sender.replica());
        heldSinceNanos.remove(sender.replica());
        require();
    }

    /** What is due after any change: joins of who has reached what is committed. */
    void settle() {
        long needed = tracker.committed().orElse(boundaryLsn);
        for (Sender sender : senders.all()) {
            ReplicaId replica = sender.replica();
            if (heldSinceNanos.containsKey(replica)
                    && !joining.contains(replica)
                    && tracker.counted(replica).isPresent()
                    && tracker.counted(replica).getAsLong() >= needed) {
                join(sender);
            }
        }
    }

    /** The replica has no sender any more: a member is asked out of the set, a joiner is let go. */
    void dropped(ReplicaId replica) {
        fenced.remove(replica);
        goodNanos.remove(replica);
        stoodAt.remove(replica);
        heldSinceNanos.remove(replica);
        tracker.uncount(replica);
        if (isMember(replica)) {
            leave(replica, "it is not assigned any more");
        }
        require();
    }

    /** What is due by time: holds for joiners that are near, the end of holds, and members whose grace is over. */
    void tick(long headLsn) {
        long now = io.nanos();
        senders.all().forEach(this::hearOf);
        for (ReplicaId member : view.members()) {
            Duration grace = context.policy().grace(member);
            if (!member.equals(context.self())
                    && now - goodNanos.computeIfAbsent(member, first -> now) > grace.toNanos()) {
                leave(member, "it did not make durable what is waiting within its grace, " + grace);
            }
        }
        for (Sender sender : senders.all()) {
            if (!isMember(sender.replica())) {
                holdOrLetGo(sender, now);
            }
        }
        headAtLastTick = headLsn;
    }

    private void holdOrLetGo(Sender sender, long now) {
        ReplicaId replica = sender.replica();
        Long since = heldSinceNanos.get(replica);
        if (since != null) {
            if (!joining.contains(replica)
                    && now - since > context.options().joinHold().toNanos()) {
                heldSinceNanos.remove(replica);
                require();
            }
        } else if (sender.state() == SenderState.KEEPING_UP
                && sender.proven()
                && membership.mayStartBulkStep()
                && answeredWithin(sender, now)
                && tracker.counted(replica).isPresent()
                && tracker.counted(replica).getAsLong() >= headAtLastTick) {
            heldSinceNanos.put(replica, now); // within a tick of the head: commits wait for it from now on
            require();
        }
    }

    /** A replica that is silent would join only to leave again. */
    private boolean answeredWithin(Sender sender, long now) {
        return sender.life().within(context.options().readLease().toNanos(), now);
    }

    /** Asks what is in force, since somebody else may have changed the record. */
    void refresh() {
        if (!refreshing) {
            refreshing = true;
            membership
                    .refresh()
                    .whenComplete((next, failure) -> io.strand().execute(() -> {
                        refreshing = false;
                        changed(next, failure);
                    }));
        }
    }

    /** Takes what the record had in it when the term last wrote it. */
    void confirmed() {
        changed(membership.view(), null);
    }

    /** Whose answers reads rest on: those of everyone required but this host; empty when one of them has no sender (R37). */
    Optional<List<SignsOfLife>> others() {
        List<SignsOfLife> others = new ArrayList<>();
        for (ReplicaId each : required()) {
            if (!each.equals(context.self())) {
                Optional<Sender> sender = senders.find(each);
                if (sender.isEmpty()) {
                    return Optional.empty();
                }
                others.add(sender.get().life());
            }
        }
        return Optional.of(others);
    }

    private void join(Sender sender) {
        ReplicaId replica = sender.replica();
        joining.add(replica);
        membership
                .join(replica, sender.store().orElseThrow())
                .whenComplete((next, failure) -> io.strand().execute(() -> {
                    joining.remove(replica);
                    heldSinceNanos.remove(replica);
                    changed(next, failure); // a failed join changes nothing: it is held and asked for again
                }));
    }

    private void leave(ReplicaId replica, String why) {
        if (leaving.add(replica)) {
            membership
                    .leave(replica, why)
                    .whenComplete((next, failure) -> io.strand().execute(() -> {
                        leaving.remove(replica);
                        changed(next, failure);
                    }));
        }
    }

    private void changed(Membership.@Nullable View next, @Nullable Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        if (cause instanceof FencedException) {
            deposed.accept(cause.getMessage());
            return;
        }
        if (next != null) {
            Membership.View before = view;
            view = next;
            long now = io.nanos();
            for (Sender sender : senders.all()) {
                ReplicaId replica = sender.replica();
                boolean is = next.members().contains(replica);
                if (is && !before.members().contains(replica)) {
                    goodNanos.put(replica, now);
                    context.events()
                            .accept(new RecoveryEvent.ReplicaJoined(
                                    replica,
                                    context.epoch(),
                                    tracker.counted(replica).orElse(0)));
                } else if (!is && before.members().contains(replica)) {
                    context.events()
                            .accept(new RecoveryEvent.ReplicaLeft(
                                    replica, context.epoch(), "it is out of the recorded set"));
                }
                sender.member(is, is ? "in the recorded set" : "not in the recorded set");
                if (!Objects.equals(before.stores().get(replica), next.stores().get(replica))) {
                    sender.storeChanged();
                }
            }
        }
        for (Sender sender : senders.all()) {
            // A store whose identity is recorded only now counts from here on.
            sender.keepUp().ifPresent(following -> recount(sender, following.durableLsn()));
        }
        require();
        settled.run(); // what waited for this change need not wait for the next look
    }

    private void recount(Sender sender, long lsn) {
        if (tracker.counted(sender.replica()).isEmpty()) {
            counts(sender, lsn);
        }
    }

    private void require() {
        Set<ReplicaId> needed = required();
        tracker.require(needed, view.members().size(), view.leastInSync());
        for (Sender sender : senders.all()) {
            sender.member(
                    isMember(sender.replica())
                            && tracker.counted(sender.replica()).isPresent(),
                    "in the set");
        }
    }
}
