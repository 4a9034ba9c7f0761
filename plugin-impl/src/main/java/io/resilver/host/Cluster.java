package io.resilver.host;

import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.HostNode;
import io.resilver.coordination.HostSession;
import io.resilver.coordination.LeaseSettings;
import io.resilver.coordination.Opening;
import io.resilver.coordination.StoreMarks;
import io.resilver.coordination.TakeOverPace;
import io.resilver.coordination.TakeOverWatch;
import io.resilver.coordination.VolumeAuthority;
import io.resilver.coordination.VolumeRecord;
import io.resilver.coordination.Volumes;
import io.resilver.runtime.HostRuntime;
import io.resilver.runtime.Strand;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.storage.VolumeStore;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The built-in authority as the driver uses it: one session with the coordination service, and a loop a volume. */
final class Cluster implements HostSession.Listener {
    private static final String CLOSING = "the driver is closing";

    private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);

    /** What the ensemble's tick is taken for, as a part of the session timeout; {@link LeaseSettings} says why it is safe. */
    private static final int TICKS_PER_SESSION = 3;

    private final HostSettings settings;
    private final HostRuntime runtime;
    private final CoordinationStore store;
    private final HostSession session;
    private final Volumes volumes;
    private final TakeOverPace pace = new TakeOverPace(TakeOverPace.DEFAULT_TURNS);
    private final ConcurrentNavigableMap<ReplicaId, LeadLoop> loops = new ConcurrentSkipListMap<>(OrphanWatch.ORDER);
    private volatile boolean resigned;
    private volatile Optional<RecoveryException> denied = Optional.empty();

    Cluster(
            HostSettings settings,
            HostRuntime runtime,
            CoordinationStore store,
            HostId host,
            Endpoint endpoint,
            Strand strand) {
        this.settings = settings;
        this.runtime = runtime;
        this.store = store;
        Duration granted = store.sessionTimeout();
        LeaseSettings lease = new LeaseSettings(granted, granted.dividedBy(TICKS_PER_SESSION), settings.heartbeat());
        this.session = new HostSession(store, host, endpoint, lease, runtime, this);
        this.volumes = new Volumes(store, session, strand, runtime);
    }

    /** Makes the host's node; completes when it is there. */
    CompletionStage<Void> start() {
        return session.start().thenApply(node -> null);
    }

    Volumes volumes() {
        return volumes;
    }

    HostSession presence() {
        return session;
    }

    Optional<RecoveryException> denied() {
        return denied;
    }

    /** Compares a store with the record, before it is served (R36). */
    CompletionStage<Opening> admit(VolumeStore opened, VolumeAuthority authority) {
        StoreMarks marks = new StoreMarks() {
            @Override
            public CompletionStage<Void> identify(StoreIdentity identity) {
                return change(() -> opened.target().identify(identity));
            }

            @Override
            public CompletionStage<Void> markUnusable(String why) {
                return change(() -> opened.target().markUnusable(why));
            }
        };
        return Io.call(runtime, () -> opened.target().identity()).thenCompose(onDisk -> authority.admit(onDisk, marks));
    }

    /** A change of a store that is not served yet. */
    @FunctionalInterface
    private interface StoreChange {
        void make() throws RecoveryException;
    }

    private CompletionStage<Void> change(StoreChange change) {
        return Io.call(runtime, () -> {
            change.make();
            return null;
        });
    }

    VolumeAuthority authority(ReplicaId self, Incarnation incarnation, Strand strand) {
        return new VolumeAuthority(store, session, self, incarnation, strand, runtime);
    }

    void follow(LocalReplica replica, VolumeAuthority authority, VolumeRecord record, LeadLoop.LeaderFactory factory) {
        TakeOverWatch watch = new TakeOverWatch(runtime.clock(), settings.takeOver(), replica.id());
        watch.recordSeen(record);
        LeadLoop loop = new LeadLoop(replica, authority, watch, pace, volumes, session, factory, runtime);
        loops.put(replica.id(), loop);
        loop.start();
        denied.ifPresent(loop::denied); // the loops that were told of it are those of before
        if (resigned) { // it was opened while the driver closes: it leads nothing any more
            loop.close(CLOSING);
        }
    }

    /** Follows a replica no more, for the reason given; what this host leads of it is handed over. */
    CompletionStage<Void> forget(ReplicaId replica, String why) {
        LeadLoop loop = loops.remove(replica);
        return loop == null ? CompletableFuture.completedFuture(null) : loop.close(why);
    }

    Optional<LeadLoop> loop(ReplicaId replica) {
        return Optional.ofNullable(loops.get(replica));
    }

    Optional<LeadLoop> loop(VolumeId volume) {
        return OfVolume.find(loops, volume);
    }

    /** Hands over every volume that this host leads, and then leaves: who follows need not wait until all is closed. */
    CompletionStage<Void> resign() {
        resigned = true;
        return CompletableFuture.allOf(loops.values().stream()
                        .map(each -> each.close(CLOSING).toCompletableFuture())
                        .toArray(CompletableFuture[]::new))
                .whenComplete((nothing, failure) -> session.leave());
    }

    @Override
    public void sessionOpened(HostNode node) {
        loops.values().forEach(LeadLoop::sessionOpened);
    }

    @Override
    public void hostsSeen(Set<HostNode> live) {
        loops.values().forEach(each -> each.hostsSeen(live));
    }

    @Override
    public void denied(RecoveryException why) {
        denied = Optional.of(why);
        loops.values().forEach(each -> each.denied(why));
        LOG.atError()
                .setMessage("the coordination service refuses this host for good")
                .addKeyValue("why", why.getMessage())
                .log();
    }

    /** Asks nothing more. Idempotent. */
    void close() {
        session.close();
    }
}
