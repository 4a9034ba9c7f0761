package io.resilver.spi.driver;

import io.resilver.spi.Api;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.plan.RecoveryPlan;
import io.resilver.spi.storage.VolumeStore;
import java.util.concurrent.CompletionStage;

/**
 * The driver of one host. It serves the stores that the host opens to whoever may change them, and when this host is the
 * primary of a volume it owns the senders to the other replicas. Thread safe. Methods that return a {@link
 * CompletionStage} do not block; a stage that fails carries a {@link RecoveryException}.
 *
 * <p>Whole: {@link #openReplica}, {@link #lead}, and the driver does the rest. With an authority of the host's own: {@link
 * #openReplica}, {@link #assign}, then {@link #recover}, or stepwise {@link #fence}, {@link #planRecovery}, {@link
 * #begin}, {@link RecoveryExecution#step} until done, {@link RecoveryExecution#complete}.
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public interface RecoveryDriver extends AutoCloseable {
    /**
     * Where this host listens for other hosts.
     *
     * @return the bound endpoint
     */
    Endpoint endpoint();

    /**
     * The adapter that the driver opened, for a host product that brings its own.
     *
     * @param type the adapter's class
     * @param <T> the adapter's class
     * @return the adapter
     * @throws IllegalArgumentException when the open adapter is of another class
     */
    <T> T adapter(Class<T> type);

    /**
     * Creates a volume's record in the coordination service. Only with the built-in authority.
     *
     * @param spec what to create
     * @return the new incarnation; fails when the volume exists
     */
    CompletionStage<Incarnation> createVolume(VolumeSpec spec);

    /**
     * Deletes one incarnation of a volume. First this host's term ends, if it leads: its gate is shut before anything else
     * happens. Then the record goes, by compare-and-set, and only a record of the incarnation meant. Then the store that
     * is open here is closed and removed, since whoever asks here means it. Other hosts learn of it within moments, end
     * what they do, close their stores and say so ({@link io.resilver.spi.event.RecoveryEvent.StoreOrphaned}); their bytes
     * stay until {@link #removeStore} is asked for there. They are not removed by what was merely read: a record is also
     * missing after the ensemble was restored from an older state, and then these bytes are all that is left.
     *
     * <p>A volume that is created again under the same id is another incarnation: no token, frame, sender or store of this
     * one can touch it. Idempotent: an incarnation that is not there is deleted already. Only with the built-in authority.
     *
     * @param volume which volume
     * @param incarnation which incarnation of it, as {@link #createVolume} answered
     * @return completes when record and own store are gone. Fails, with nothing deleted, when another host leads the
     *     volume and is there: ask that host, which can end its term
     */
    CompletionStage<Void> deleteVolume(VolumeId volume, Incarnation incarnation);

    /**
     * Adds one replica to a volume, by compare-and-set of its record (R41). It is not in sync until it has been recovered
     * and has joined (R31); the host that is to hold it opens it with {@link #openReplica(ReplicaId)}, and it may hold
     * anything or nothing. The primary acts on it at once when it is this host, and within five minutes otherwise.
     * Idempotent. Only with the built-in authority.
     *
     * @param replica an id that the volume's replicas do not have
     * @param holder the host that holds its store
     * @return completes when the record says so; fails with a {@link io.resilver.spi.error.PermanentException} when the
     *     volume does not exist, has as many replicas as it can have, or has this one on another host
     */
    CompletionStage<Void> addReplica(ReplicaId replica, HostId holder);

    /**
     * Removes one replica from a volume, by compare-and-set of its record (R41): its sender ends and its pins are released
     * (R6). A member of the in-sync set can be removed on the host that leads the volume only, since nothing may be
     * acknowledged without it before that (R31). The replica's host learns of it within moments, closes the store and says so
     * ({@link io.resilver.spi.event.RecoveryEvent.StoreOrphaned}); its bytes stay until {@link #removeStore} is asked for
     * there. Added again, it is recovered like any other. Idempotent. Only with the built-in authority.
     *
     * @param replica which replica; not the one that the primary leads from
     * @return completes when the record says so; fails with a {@link io.resilver.spi.error.PermanentException}, and nothing
     *     changed, when it is a member and another host leads, or when fewer would be left than a commit needs
     */
    CompletionStage<Void> removeReplica(ReplicaId replica);

    /**
     * Changes how many members of the in-sync set a commit needs at least, by compare-and-set of the volume's record (R41).
     * While the set is smaller nothing is committed. The primary acts on it at once when it is this host, and within five
     * minutes otherwise. Idempotent. Only with the built-in authority.
     *
     * @param volume which volume
     * @param leastInSync 1 to the number of its replicas
     * @return completes when the record says so; fails with a {@link io.resilver.spi.error.PermanentException} when the
     *     number is out of its range
     */
    CompletionStage<Void> changeLeastInSync(VolumeId volume, int leastInSync);

    /**
     * Removes this host's store of a replica that was removed, or whose volume was deleted, with everything in it; a store of another
     * incarnation is left as it is. Refused while the volume's record names this incarnation and replica, which is proved
     * by a write and not by reading. Idempotent. With an authority of the host's own, that authority vouches for it.
     *
     * @param replica whose store
     * @param incarnation the incarnation that was deleted
     * @return completes when the store is gone; fails with a {@link io.resilver.spi.error.ResourceExhaustedException} when
     *     too many ask for this store and were not answered yet
     */
    CompletionStage<Void> removeStore(ReplicaId replica, Incarnation incarnation);

    /**
     * Opens the store of a replica that this host holds and serves it. With the built-in authority the store's identity
     * is first compared with the volume's record (R36). A store that is open already is answered as it is, unless the
     * volume was created again since: then the old one is closed and that of the new incarnation is opened.
     *
     * <p>A store that has promised another term of the recorded epoch number is reported by an {@link
     * io.resilver.spi.event.RecoveryEvent.EpochConflict} and opened, but serves nobody until a higher epoch is minted (R42).
     *
     * @param replica which replica
     * @return the open store; the driver closes it. Fails with a {@link io.resilver.spi.error.PermanentException} when the
     *     disk was replaced or restored and the replica is the last member of the in-sync set: the right disk must be put
     *     back; and when another replica of the volume is open here, since a host holds one replica of a volume; with a
     *     {@link io.resilver.spi.error.ResourceExhaustedException} when too many ask for this store and were not answered
     *     yet
     */
    CompletionStage<VolumeStore> openReplica(ReplicaId replica);

    /**
     * The same with an authority of the host's own, which vouches for the store's identity.
     *
     * @param replica which replica
     * @param incarnation which incarnation of its volume
     * @return the open store; the driver closes it. Fails like {@link #openReplica(ReplicaId)} when another replica of the
     *     volume is open here
     */
    CompletionStage<VolumeStore> openReplica(ReplicaId replica, Incarnation incarnation);

    /**
     * Leads a volume as soon as this host may: the driver watches the primary and takes over when the rules allow it.
     * Only with the built-in authority.
     *
     * @param volume a volume of which this host opened a replica
     * @return completes when this host has become primary and fenced or removed every other member (R33); when that
     *     term has ended, ask again. Whoever gives up waiting cancels the answer's {@link
     *     java.util.concurrent.CompletableFuture}: a volume has places for a bounded number of callers that wait, and fails
     *     with a {@link io.resilver.spi.error.ResourceExhaustedException} beyond it
     */
    CompletionStage<Leadership> lead(VolumeId volume);

    /**
     * Leads a volume, once, from a replica that is not in its in-sync set: what only members hold is lost, acknowledged
     * writes among it (R32). For when no member will ever come back. The permission is a person's, is reported by an {@link
     * io.resilver.spi.event.RecoveryEvent.OperatorActed} with the name and the reason, and is good for one attempt at
     * once: it is not kept for a later one. The in-sync set is then this replica alone. A former member that holds more
     * than this one stays out of it, undecided and unchanged, until its disk is emptied (R33). Only with the built-in
     * authority.
     *
     * @param volume a volume of which this host opened a replica
     * @param who the name of the person who answers for it
     * @param why the reason, for people
     * @return completes like {@link #lead}. Fails, with nothing changed, when the volume's primary is there, when this
     *     replica is a member, which needs no permission, when its store is not usable, or when the attempt did not succeed
     */
    CompletionStage<Leadership> leadUncleanly(VolumeId volume, String who, String why);

    /**
     * Says which replicas a volume has and that this host is its primary, by the host's own authority. An assignment that
     * is older than one seen, or equal to it, changes nothing (R4).
     *
     * @param assignment the replica set and the epoch
     * @return completes when this host's own store has promised the epoch, with what the primary holds; an assignment
     *     that changes nothing answers with the leadership in force, or with the one that begins. Fails with a {@link
     *     io.resilver.spi.error.FencedException} when the epoch cannot attach: it is invalidated, its term is over, or this
     *     host's own store knows it already, from before a restart or from an attempt that failed. A primary that begins
     *     anew needs a higher epoch
     */
    CompletionStage<Leadership> assign(Assignment assignment);

    /**
     * Fences a replica and reads its position (R34). Ends a session that the sender has (R1).
     *
     * @param replica a replica of an assigned or led volume
     * @return what it answered
     */
    CompletionStage<Fenced> fence(ReplicaId replica);

    /**
     * Decides what a fenced replica needs.
     *
     * @param replica a replica with a fenced session
     * @param position what {@link #fence} answered
     * @return the bound plan; it may say undecided
     */
    CompletionStage<RecoveryPlan> planRecovery(ReplicaId replica, ReplicaPosition position);

    /**
     * Plans a rebuild of a fenced replica, whatever it holds.
     *
     * @param replica a replica with a fenced session
     * @return the bound plan
     */
    CompletionStage<RecoveryPlan> planRebuild(ReplicaId replica);

    /**
     * Begins to execute a plan. The same plan begins at most once.
     *
     * @param plan a plan of the replica's present session
     * @return the execution; its first step takes the pins. Fails when the plan is of an older session, has begun before,
     *     or is undecided
     */
    CompletionStage<RecoveryExecution> begin(RecoveryPlan plan);

    /**
     * Gives back a plan that was not begun, and ends its session. Idempotent; a plan that has begun is not touched.
     *
     * @param plan the plan
     * @return completes when it is given back
     */
    CompletionStage<Void> release(RecoveryPlan plan);

    /**
     * Ends whatever a plan has come to, begun or not. Idempotent.
     *
     * @param plan the plan
     * @param why for people and for the event
     * @return completes when its pins are released
     */
    CompletionStage<Void> cancel(RecoveryPlan plan, String why);

    /**
     * Does the whole: fence, plan, execute under the scheduler, retry by policy, and go on with keep-up. One recovery a
     * replica at a time: while one is under way, the answer is that one's.
     *
     * @param replica a replica of an assigned or led volume
     * @return the report of the attempt that succeeded; fails when the policy gives up or it is cancelled
     */
    CompletionStage<RecoveryReport> recover(ReplicaId replica);

    /**
     * Raises the epoch of an assigned volume: sessions of the old one end, and it can never attach again (R3).
     *
     * @param volume an assigned volume
     * @param epoch a higher epoch
     * @return completes when this host's own store has promised it; fails as {@link #assign} does
     */
    CompletionStage<Leadership> updateEpoch(VolumeId volume, Epoch epoch);

    /**
     * Ends every session of an assigned volume up to an epoch, which is kept: it can never attach again (R3). What this
     * host's own store has promised is kept by that promise, durably. An epoch that is invalidated before the store has
     * promised it, or a higher one, is kept as long as the store is open on this host: who assigns must not use it later.
     *
     * @param volume an assigned volume
     * @param epochNumber inclusive
     * @return completes when sessions and pins are gone
     */
    CompletionStage<Void> invalidateEpoch(VolumeId volume, long epochNumber);

    /**
     * What the driver is doing.
     *
     * @return a copy, at most moments old
     */
    DriverStatus status();

    /**
     * Hands over what can be handed over, ends sessions, closes stores, adapter, policy, sinks and connections, and
     * removes the driver's metrics. Blocks for at most the configured time. Idempotent.
     *
     * @throws RecoveryException when something could not be made durable
     */
    @Override
    void close() throws RecoveryException;
}
