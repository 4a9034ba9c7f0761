package io.resilver.replica;

import io.resilver.engine.EpochLimit;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.MonotonicClock;
import io.resilver.spi.driver.Admission;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.Token;
import io.resilver.spi.storage.ReplicaVolume;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The changes that a sender's requests make to a store. Blocks on I/O; called by one thread at a time, but for {@link #force}
 * and {@link #forceBase}, which may run beside more of what they make durable. Each change enters through the gate by itself, so that a session that was shut out meanwhile
 * changes nothing more (R2).
 */
final class StoreChanges {
    /** A range must fit in a frame and in memory several times over. */
    static final int MAX_RANGE_BYTES = 2 << 20;

    /** One bit for each range must fit in an answer: 16 TiB in ranges of 1 MiB. */
    static final long MAX_RANGES = 16L << 20;

    private final StoreSite site;
    private final ReplicaId replica;
    private final ReplicaVolume volume;
    private final StoreGate gate;
    private final ReplicaEvents events;
    private final MonotonicClock clock;
    private final boolean truncates;
    private Optional<IncomingBase> incoming = Optional.empty();
    /** Written by a force, which runs beside other changes. */
    private volatile OptionalLong durableLsn = OptionalLong.empty();
    /** What this session's sender said to be committed. */
    private OptionalLong heardCommitted = OptionalLong.empty();
    /** How much of it the store was told once it was durable. */
    private OptionalLong settledCommitted = OptionalLong.empty();

    private final CommittedSteps steps = new CommittedSteps();
    private volatile Optional<Epoch> conflicting = Optional.empty();

    /**
     * Changes one store.
     *
     * @param site the store's name
     * @param truncates whether its adapter declares that it can undo
     */
    StoreChanges(
            StoreSite site,
            boolean truncates,
            ReplicaVolume volume,
            StoreGate gate,
            ReplicaEvents events,
            MonotonicClock clock) {
        this.site = site;
        this.truncates = truncates;
        this.clock = clock;
        this.replica = site.replica();
        this.volume = volume;
        this.gate = gate;
        this.events = events;
    }

    /**
     * Makes a promise durable. A store that has promised more keeps to that (R3, R42), and none promises what it could never
     * go beyond again.
     *
     * @return what is promised now
     */
    Optional<Epoch> promise(Optional<Epoch> wanted) throws RecoveryException {
        Optional<Epoch> before = volume.promise();
        conflicting = Optional.empty();
        if (wanted.isEmpty()) {
            return before;
        }
        Epoch epoch = wanted.get();
        EpochLimit.require(epoch);
        if (before.isPresent() && before.get().conflictsWith(epoch)) {
            events.mintConflict(replica, epoch, before.get());
            conflicting = before;
            throw new FencedException(
                    "the store of " + replica + " has promised " + before.get() + ", which is another term than "
                            + epoch,
                    before.get().number());
        }
        if (before.isPresent() && before.get().number() > epoch.number()) {
            return before;
        }
        volume.promise(epoch);
        if (!before.equals(wanted)) {
            events.epochRaised(replica, epoch);
        }
        return wanted;
    }

    /** The promise that the store keeps to where it was last asked for one of another term of that number. Any thread. */
    Optional<Epoch> conflicting() {
        return conflicting;
    }

    /** Where the store stands, for the session that has just shut out all others. Call it after the promise (R34). */
    Response.Fenced stand(Token token) throws RecoveryException {
        closeInstall();
        volume.flush(); // what the own writer appended and did not flush yet is part of the log that others compare
        // with
        ReplicaPosition position = volume.position();
        StoreIdentity identity = volume.identity();
        durableLsn = OptionalLong.of(position.flushedLsn());
        heardCommitted = OptionalLong.empty();
        settledCommitted = position.committedLsn();
        steps.forget();
        return new Response.Fenced(
                replica, token, site.adapter(), identity, truncates ? position : withoutUndoing(position));
    }

    /** What an adapter does not declare is not used: nobody plans a truncation that the store would refuse. */
    private static ReplicaPosition withoutUndoing(ReplicaPosition position) {
        return new ReplicaPosition(
                position.flushedLsn(),
                position.flushedLsn(),
                position.committedLsn(),
                position.usable(),
                position.lineage());
    }

    /**
     * Appends all of them. Not durable until {@link #force}, which may run beside this.
     *
     * @return whether there is anything to force
     */
    boolean append(List<Request.Append> group) throws RecoveryException {
        Request.Append last = group.get(group.size() - 1);
        return inside(last.token(), () -> {
            refuseDuringInstall("entries");
            long appended = 0;
            for (Request.Append append : group) {
                if (!append.batch().isEmpty()) {
                    volume.append(append.batch());
                    appended = append.batch().last().lsn();
                    steps.appended(appended, append.batch().payloadBytes());
                }
                heardCommitted = higher(heardCommitted, append.committedLsn());
            }
            OptionalLong early = lesser(heardCommitted, appended);
            if (appended > 0 && isAbove(early, durableLsn)) {
                // Before the flush: then the store can make the bound durable in the same act as the entries below it.
                volume.committed(early.orElseThrow());
            }
            return appended > 0;
        });
    }

    /** Makes durable what was appended before the call, and answers for the last of it. Beside other changes. */
    Response force(Request.Append last) throws RecoveryException {
        return inside(last.token(), () -> {
            durableLsn = OptionalLong.of(forced(volume::flush));
            return durable(last);
        });
    }

    /** Answers for appends that had no entries: everything before them is durable. */
    Response durable(Request.Append last) {
        return new Response.Durable(replica, last.token(), last.sequence(), durableLsn.orElseThrow());
    }

    /** Whether the store has not been told yet of all that is committed and durable. */
    boolean owesCommitted() {
        return owed().isPresent();
    }

    /** Whether so much of it waits that no more should be appended before. */
    boolean owesMuchCommitted() {
        OptionalLong owed = owed();
        return owed.isPresent() && steps.areMany(owed.getAsLong());
    }

    /** Tells the store a step of what is committed and durable: it lays it over its image, which takes its time. */
    void settle(Token token) throws RecoveryException {
        inside(token, () -> {
            OptionalLong owed = owed();
            if (owed.isPresent()) {
                long upTo = steps.next(owed.getAsLong());
                volume.committed(upTo);
                settledCommitted = OptionalLong.of(upTo);
                steps.settled(upTo);
            }
            return true;
        });
    }

    private OptionalLong owed() {
        OptionalLong durable = durableLsn;
        OptionalLong owed = durable.isEmpty() ? durable : lesser(heardCommitted, durable.getAsLong());
        return isAbove(owed, settledCommitted) ? owed : OptionalLong.empty();
    }

    /** A force of the disk, timed. */
    @FunctionalInterface
    private interface Force<T> {
        T make() throws RecoveryException;
    }

    private <T> T forced(Force<T> force) throws RecoveryException {
        long before = clock.nanos();
        T result = force.make();
        events.forced(clock.nanos() - before);
        return result;
    }

    /** Cuts the log, then says where it really ends now (R15). */
    Response truncate(Request.Truncate request) throws RecoveryException {
        return inside(request.token(), () -> {
            refuseDuringInstall("a truncation");
            volume.truncateTo(request.lsn());
            long end = volume.position().flushedLsn();
            durableLsn = OptionalLong.of(end);
            return new Response.Truncated(replica, request.token(), request.sequence(), end);
        });
    }

    Response begin(Request.BaseBegin request) throws RecoveryException {
        BaseDescriptor base = request.base();
        if (base.rangeBytes() > MAX_RANGE_BYTES || base.ranges() > MAX_RANGES) {
            throw new PermanentException("a base of " + base.sizeBytes() + " bytes in ranges of " + base.rangeBytes()
                    + " cannot come to " + replica + ": a range may have " + MAX_RANGE_BYTES
                    + " bytes, and a base may have " + MAX_RANGES + " ranges");
        }
        return inside(request.token(), () -> {
            refuseDuringInstall("another base");
            IncomingBase begun = IncomingBase.of(replica, volume.beginInstall(base), request.key());
            incoming = Optional.of(begun);
            return new Response.BaseReady(replica, request.token(), request.sequence(), begun.durableRanges());
        });
    }

    /** Whether ranges that were durable before are to be digested before the next one is written. */
    boolean owesHeld() {
        return incoming.isPresent() && incoming.get().owesHeld();
    }

    /** Digests some of them; each call takes well under a second. */
    void digestHeld(Token token) throws RecoveryException {
        inside(token, () -> {
            open("a look at held ranges").digestHeld();
            return true;
        });
    }

    /** What goes before the answer to {@link #begin}, if the store's present image may have any of the base's ranges. */
    Optional<Response> candidates(Request.BaseBegin begun) {
        return incoming.filter(base -> base.candidates() > 0)
                .map(base ->
                        new Response.BaseCandidates(replica, begun.token(), begun.sequence() - 1, base.candidates()));
    }

    /**
     * What became of an offer.
     *
     * @param answer what is asked for
     * @param unforced what is to be forced of the others counts for so many bytes
     */
    record Taken(Response.BaseWanted answer, long unforced) {}

    /** Keeps or writes those of the ranges offered that the store's present image has, and asks for the others. Not durable yet. */
    Taken take(Request.BaseOffer offer) throws RecoveryException {
        return inside(offer.token(), () -> {
            IncomingBase.Taken taken = open("an offer").take(offer);
            return new Taken(
                    new Response.BaseWanted(replica, offer.token(), offer.sequence(), offer.first(), taken.wanted()),
                    taken.unforced());
        });
    }

    /** Writes all of them, which lie side by side. Not durable until {@link #forceBase}, which may run beside this. */
    Response write(List<Request.BaseRange> group) throws RecoveryException {
        Request.BaseRange last = group.get(group.size() - 1);
        return inside(last.token(), () -> {
            open("a range").write(group);
            return staged(last.token(), last.sequence());
        });
    }

    /** Makes durable what was written of a base before the call. Beside {@link #write} and {@link #digestHeld}. */
    Response forceBase(Token token, long written) throws RecoveryException {
        return inside(token, () -> {
            IncomingBase base = open("a force");
            forced(() -> {
                base.force();
                return true;
            });
            return staged(token, written);
        });
    }

    /** How much of the base on its way in is written and durable: a sign of progress, too. */
    Response staged(Token token, long written) {
        return new Response.BaseDurable(
                replica, token, written, incoming.map(IncomingBase::durable).orElse(0L));
    }

    /**
     * Goes on with verifying the base, and installs it once all of it is right. Call it again while it is empty.
     *
     * @return the answer, or empty while more is to be read
     */
    Optional<Response> commit(Request.BaseCommit request) throws RecoveryException {
        return inside(request.token(), () -> {
            IncomingBase base = open("the end of a base");
            if (!base.install(request)) {
                return Optional.empty();
            }
            closeInstall();
            durableLsn = OptionalLong.of(base.base().lsn());
            return Optional.of(new Response.Installed(
                    replica, request.token(), request.sequence(), base.base().lsn()));
        });
    }

    /** Ends an install that is open and keeps what was staged, so that a later session goes on from there (R17). */
    void closeInstall() {
        incoming.ifPresent(IncomingBase::close);
        incoming = Optional.empty();
    }

    /** Makes one change as one pass through the gate. */
    private <T> T inside(Token token, Change<T> change) throws RecoveryException {
        Admission pass = gate.enter(token);
        try {
            return change.make();
        } finally {
            pass.close();
        }
    }

    private interface Change<T> {
        T make() throws RecoveryException;
    }

    private IncomingBase open(String what) throws PermanentException {
        return incoming.orElseThrow(
                () -> new PermanentException(what + " came to " + replica + ", but no base was begun in this session"));
    }

    private void refuseDuringInstall(String what) throws PermanentException {
        if (incoming.isPresent()) {
            throw new PermanentException(what + " came to " + replica + " while the base at LSN "
                    + incoming.get().base().lsn() + " is not installed yet (R18)");
        }
    }

    private static OptionalLong higher(OptionalLong a, OptionalLong b) {
        return isAbove(b, a) ? b : a;
    }

    private static OptionalLong lesser(OptionalLong a, long b) {
        return a.isPresent() ? OptionalLong.of(Math.min(a.getAsLong(), b)) : a;
    }

    private static boolean isAbove(OptionalLong a, OptionalLong b) {
        return a.isPresent() && (b.isEmpty() || a.getAsLong() > b.getAsLong());
    }
}
