package io.resilver.coordination;

import io.resilver.spi.MonotonicClock;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * When a member may try to become primary (R39). Pure: it is told what was seen and answers how long to wait. A false alarm
 * costs work, never data: the record decides. Not thread safe but for {@link #heardFromPrimary}; use it on a strand.
 *
 * <pre>
 *                       word from the primary                rank's turn, back-off over
 *   WATCHING <------------------------------------ WAITING ---------------------------> TRYING
 *      |   host node gone, resigned, lost, or silent  ^                                    |
 *      +----------------------------------------------+ <----- lost, failed, preempted ----+
 *                                                              (back-off doubles)          |
 *   another mint in the record leads back to WATCHING                                   LEADING
 * </pre>
 */
public final class TakeOverWatch {
    private record Lost(HostId from, long at) {}

    private final MonotonicClock clock;
    private final TakeOverSettings settings;
    private final ReplicaId self;
    private Optional<VolumeRecord> record = Optional.empty();
    private Optional<HostNode> lastPrimary = Optional.empty();
    private Optional<HostNode> own = Optional.empty();
    private Optional<Set<HostNode>> live = Optional.empty();
    private volatile long heardAt;
    /** When the last word came; {@link #heardAt} is also when a record gave a full window. */
    private volatile long wordAt;

    private OptionalLong goneAt = OptionalLong.empty();
    private volatile Optional<Lost> lost = Optional.empty();
    private OptionalLong notBefore = OptionalLong.empty();
    private Duration backOff;

    /**
     * A watch that has seen nothing: it waits for a record.
     *
     * @param clock the time
     * @param settings its patience
     * @param self the local replica
     */
    public TakeOverWatch(MonotonicClock clock, TakeOverSettings settings, ReplicaId self) {
        this.clock = clock;
        this.settings = settings;
        this.self = self;
        this.heardAt = clock.nanos();
        this.wordAt = heardAt;
        this.backOff = settings.firstBackOff();
    }

    /**
     * A record was read or confirmed. A new mint or primary gets a full silence window.
     *
     * @param seen the record
     */
    public void recordSeen(VolumeRecord seen) {
        boolean another = record.isEmpty()
                || !record.get().epoch().equals(seen.epoch())
                || !record.get().primary().equals(seen.primary());
        if (seen.primary().isPresent()) {
            lastPrimary = seen.primary();
        } else if (record.isEmpty() || !record.get().epoch().equals(seen.epoch())) {
            lastPrimary = Optional.empty(); // whoever led that term resigned unseen
        }
        record = Optional.of(seen);
        if (another) {
            heardAt = clock.nanos();
            goneAt = OptionalLong.empty();
        }
        notice();
    }

    /**
     * The hosts that are there, by a hint.
     *
     * @param ownNode this host's node, if it has one
     * @param nodes the nodes seen
     */
    public void hostsSeen(Optional<HostNode> ownNode, Set<HostNode> nodes) {
        own = ownNode;
        live = Optional.of(Set.copyOf(nodes));
        notice();
    }

    /** The time that it goes by. Any thread. */
    public long nanos() {
        return clock.nanos();
    }

    /** Something came from the primary of the record that was seen last. Any thread: it is heard all the time. */
    public void heardFromPrimary() {
        long now = clock.nanos();
        heardAt = now;
        wordAt = now;
        lost = Optional.empty();
    }

    /**
     * A connection was lost over which a host had sent to this replica. When it is the primary's, this is how a crash is
     * noticed first: a process that ends leaves no connection open. A primary that lost only its connection speaks again
     * within the grace.
     *
     * @param from whose connection
     * @param atNanos when; words that came later count against it, whichever is told of first
     * @return whether that is the primary of the record that was seen last; when not, a newer record may name it
     */
    public boolean linkLost(HostId from, long atNanos) {
        boolean leads = leads(from);
        if (wordAt - atNanos > 0) {
            return leads;
        }
        if (leads || lost.filter(before -> leads(before.from())).isEmpty()) {
            lost = Optional.of(new Lost(from, atNanos));
        }
        return leads;
    }

    private boolean leads(HostId host) {
        return record.flatMap(VolumeRecord::primary)
                .filter(primary -> primary.host().equals(host))
                .isPresent();
    }

    /** An attempt failed or lost, or the term that it won was cut short: the next one waits twice as long. */
    public void failed() {
        notBefore = OptionalLong.of(clock.nanos() + backOff.toNanos());
        Duration doubled = backOff.multipliedBy(2);
        backOff = doubled.compareTo(settings.longestBackOff()) < 0 ? doubled : settings.longestBackOff();
    }

    /** A term went well, that is, it committed something: the next failure waits the first back-off again. */
    public void succeeded() {
        backOff = settings.firstBackOff();
        notBefore = OptionalLong.empty();
    }

    /**
     * How long to wait before trying. It may be shorter after the next news, so ask again after each.
     *
     * @return zero for now; empty while this replica is no member of the set that was seen
     */
    public Optional<Duration> nextTry() {
        if (record.isEmpty() || !record.get().inSync().contains(self)) {
            return Optional.empty();
        }
        long now = clock.nanos();
        long wait = untilDoubt(now);
        wait += settings.waitPerRank().toNanos() * rank(record.get());
        if (notBefore.isPresent()) {
            wait = Math.max(wait, notBefore.getAsLong() - now);
        }
        return Optional.of(Duration.ofNanos(Math.max(0, wait)));
    }

    /**
     * How long until the primary is to be doubted, whether or not this replica may follow it. It may be shorter after the
     * next news.
     *
     * @return zero for now, as long as no record was seen too
     */
    public Duration doubtIn() {
        return record.isEmpty() ? Duration.ZERO : Duration.ofNanos(Math.max(0, untilDoubt(clock.nanos())));
    }

    private long untilDoubt(long now) {
        long wait = settings.silenceWindow().toNanos() - (now - heardAt);
        if (goneAt.isPresent()) {
            wait = Math.min(wait, goneAt.getAsLong() - now);
        }
        Optional<Lost> leads = lost.filter(each -> leads(each.from()));
        if (leads.isPresent()
                && now - leads.get().at() <= settings.silenceWindow().toNanos()) { // an old one is not of this term
            wait = Math.min(wait, leads.get().at() + settings.linkGrace().toNanos() - now);
        }
        return wait;
    }

    private void notice() {
        if (record.isEmpty()) {
            return;
        }
        boolean gone = record.get().primary().map(this::isGone).orElse(true);
        if (!gone) {
            goneAt = OptionalLong.empty();
        } else if (goneAt.isEmpty()) {
            goneAt = OptionalLong.of(clock.nanos());
        }
    }

    /** Gone, or left behind by an earlier process or session of this very host, which is surely over. */
    private boolean isGone(HostNode primary) {
        boolean before = own.isPresent() && primary.host().equals(own.get().host()) && !primary.equals(own.get());
        return before || (live.isPresent() && !live.get().contains(primary));
    }

    /**
     * How many other members go first: the order of the record, without those whose host is known to be gone, and without
     * the primary of the term that is to end: it is silent, or it resigned and will not come forward.
     */
    private int rank(VolumeRecord seen) {
        List<VolumeRecord.Replica> members = seen.replicas().stream()
                .filter(each -> seen.inSync().contains(each.id()))
                .toList();
        int before = 0;
        for (VolumeRecord.Replica each : members) {
            if (each.id().equals(self)) {
                return before;
            }
            if (mayGoFirst(each)) {
                before++;
            }
        }
        return before;
    }

    private boolean mayGoFirst(VolumeRecord.Replica other) {
        boolean leadsOrLed = lastPrimary.map(HostNode::host).equals(Optional.of(other.host()));
        boolean isThere = live.isEmpty()
                || live.get().stream().anyMatch(node -> node.host().equals(other.host()));
        return !leadsOrLed && isThere;
    }
}
