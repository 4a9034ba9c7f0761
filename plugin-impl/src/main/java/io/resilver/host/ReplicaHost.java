package io.resilver.host;

import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.Tenure;
import io.resilver.execution.ImageScrub;
import io.resilver.execution.LeaderContext;
import io.resilver.execution.Membership;
import io.resilver.execution.PinLedger;
import io.resilver.execution.RecoveryScheduler;
import io.resilver.execution.SenderAccess;
import io.resilver.execution.VolumeLeader;
import io.resilver.execution.scrub.ScrubOptions;
import io.resilver.replica.AdapterTraits;
import io.resilver.replica.FencingGate;
import io.resilver.replica.ReplicaServer;
import io.resilver.replica.ReplicaTarget;
import io.resilver.replica.StoreGate;
import io.resilver.replica.StoreSite;
import io.resilver.replica.link.RequestHandler;
import io.resilver.runtime.HostRuntime;
import io.resilver.runtime.Strand;
import io.resilver.spi.driver.Assignment;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.driver.ScrubStatus;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.storage.Capability;
import io.resilver.spi.storage.StorageAdapter;
import io.resilver.spi.storage.VolumeStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * One host: its open stores, and the volumes that it leads. What a caller asks of it is what {@link
 * io.resilver.spi.driver.RecoveryDriver} promises; the answers carry whatever failure there was, typed or wrapped. Thread
 * safe; nothing blocks.
 */
public final class ReplicaHost {
    private final HostPorts ports;
    private final HostSettings settings;
    private final HostWiring wiring;
    /** Asked once: the answer is always the same, and no term depends on an adapter that throws. */
    private final AdapterTraits adapter;

    private final ConcurrentNavigableMap<ReplicaId, LocalReplica> replicas =
            new ConcurrentSkipListMap<>(OrphanWatch.ORDER);
    private final RecoveryScheduler scheduler;
    private final PinLedger ledger = new PinLedger();
    private final StoreListener listener;
    private final ReplicaServer server;
    private final ImageScrub images;
    private final Openings openings;
    private final Assignments assignments;
    private volatile Optional<Cluster> cluster = Optional.empty();
    private volatile Optional<OrphanWatch> orphans = Optional.empty();

    /**
     * A host without stores, led by the host product's own assignments until it joins a coordination service.
     *
     * @param ports what it stands on
     * @param settings its bounds and times
     * @param wiring the collaborators that keep its stores safe: {@link HostWiring#SOUND}
     */
    public ReplicaHost(HostPorts ports, HostSettings settings, HostWiring wiring) {
        this.ports = ports;
        this.settings = settings;
        this.wiring = wiring;
        this.adapter = new AdapterTraits(ports.adapterName(), ports.adapter().capabilities());
        this.scheduler =
                new RecoveryScheduler(settings.recoverySlots(), settings.slotsPerPeer(), settings.bufferBytes());
        this.listener = new StoreListener(this);
        this.server = new ReplicaServer(ports.runtime(), listener, adapter);
        this.openings = new Openings(this, replicas, this::leader);
        this.images = new ImageScrub(
                adapter.declares(Capability.CHECKED_IMAGE) ? settings.leader().scrub() : ScrubOptions.OFF,
                scheduler,
                ledger,
                ports.signals(),
                this::publish,
                adapter,
                () -> replicas.values().stream().map(LocalReplica::store).toList(),
                ports.runtime(),
                newStrand("images"));
        this.assignments = new Assignments(this);
    }

    /**
     * Joins a coordination service, whose records decide from now on who leads. Call at most once, before any store is opened.
     *
     * @param store a client of the service; closed by its owner, after {@link #leave}
     * @param endpoint where other hosts reach this one
     * @return completes when the host's node is there
     * @throws IllegalArgumentException when the session's times leave no lease, saying what to change
     */
    public CompletionStage<Void> join(CoordinationStore store, Endpoint endpoint) {
        Cluster joined = new Cluster(settings, ports.runtime(), store, host(), endpoint, newStrand("volumes"));
        cluster = Optional.of(joined);
        OrphanWatch watch = new OrphanWatch(
                ports.runtime(),
                joined.volumes(),
                replicas,
                openings::orphan,
                (local, record) -> joined.loop(local.id()).ifPresent(loop -> loop.recordRead(record)));
        orphans = Optional.of(watch);
        watch.start();
        return joined.start();
    }

    /**
     * What takes the requests of other hosts.
     *
     * @return the handler for the connections that come in
     */
    public RequestHandler requests() {
        return server;
    }

    // ------------------------------------------------------------------------------------------------ volumes

    /** As {@link io.resilver.spi.driver.RecoveryDriver#createVolume}. */
    public CompletionStage<Incarnation> createVolume(VolumeSpec spec) throws RecoveryException {
        return requireCluster().volumes().create(spec);
    }

    /** As {@link io.resilver.spi.driver.RecoveryDriver#deleteVolume}. */
    public CompletionStage<Void> deleteVolume(VolumeId volume, Incarnation incarnation) throws RecoveryException {
        return new Deletion(replicas, openings, requireCluster().volumes()).delete(volume, incarnation);
    }

    /** As {@link io.resilver.spi.driver.RecoveryDriver#addReplica}. */
    public CompletionStage<Void> addReplica(ReplicaId replica, HostId holder) throws RecoveryException {
        return new ReplicaSet(requireCluster()).add(replica, holder);
    }

    /** As {@link io.resilver.spi.driver.RecoveryDriver#removeReplica}. */
    public CompletionStage<Void> removeReplica(ReplicaId replica) throws RecoveryException {
        return new ReplicaSet(requireCluster()).remove(replica);
    }

    /** As {@link io.resilver.spi.driver.RecoveryDriver#changeLeastInSync}. */
    public CompletionStage<Void> changeLeastInSync(VolumeId volume, int leastInSync) throws RecoveryException {
        return new ReplicaSet(requireCluster()).changeLeast(volume, leastInSync);
    }

    /** As {@link io.resilver.spi.driver.RecoveryDriver#removeStore}. */
    public CompletionStage<Void> removeStore(ReplicaId replica, Incarnation incarnation) {
        return cluster.map(
                        joined -> new Deletion(replicas, openings, joined.volumes()).removeStore(replica, incarnation))
                .orElseGet(() -> openings.remove(replica, incarnation));
    }

    /** As {@link io.resilver.spi.driver.RecoveryDriver#openReplica(ReplicaId)}. */
    public CompletionStage<VolumeStore> openReplica(ReplicaId replica) throws RecoveryException {
        return openings.open(replica, requireCluster());
    }

    /** As {@link io.resilver.spi.driver.RecoveryDriver#openReplica(ReplicaId, Incarnation)}. */
    public CompletionStage<VolumeStore> openReplica(ReplicaId replica, Incarnation incarnation) {
        return openings.open(replica, incarnation);
    }

    // ------------------------------------------------------------------------------------------------ leading

    /** As {@link io.resilver.spi.driver.RecoveryDriver#lead}. */
    public CompletionStage<Leadership> lead(VolumeId volume) throws RecoveryException {
        return loop(volume).lead();
    }

    /** As {@link io.resilver.spi.driver.RecoveryDriver#leadUncleanly}. */
    public CompletionStage<Leadership> leadUncleanly(VolumeId volume, String who, String why) throws RecoveryException {
        LeadLoop loop = loop(volume);
        return new Unclean(requireCluster(), local(volume).id(), this::publish).lead(loop, who, why);
    }

    private LeadLoop loop(VolumeId volume) throws RecoveryException {
        return requireCluster()
                .loop(volume)
                .orElseThrow(() ->
                        new PermanentException("no replica of volume " + volume + " is open on this host: open one"));
    }

    private VolumeLeader leader(LocalReplica replica, Tenure tenure, long boundaryLsn) {
        VolumeLeader made = newTerm(
                replica,
                tenure.epoch(),
                new RecordMembership(tenure, cluster.orElseThrow().presence()),
                boundaryLsn);
        publish(new RecoveryEvent.PrimaryTookOver(replica.id().volume(), tenure.epoch(), host(), boundaryLsn));
        return made;
    }

    VolumeLeader newTerm(LocalReplica replica, Epoch epoch, Membership membership, long boundaryLsn) {
        return new VolumeLeader(
                context(replica, epoch),
                wiring.membership(membership),
                wiring.ownWriter(replica.writerGate(epoch)),
                boundaryLsn,
                runtime(),
                replica.strand());
    }

    private LeaderContext context(LocalReplica replica, Epoch epoch) {
        return new LeaderContext(
                replica.incarnation(),
                epoch,
                replica.id(),
                replica.store(),
                adapter,
                ports.connector(),
                wiring.planning(),
                wiring.counting(),
                ports.policy(),
                scheduler,
                ledger,
                ports.signals(),
                event -> told(replica, event),
                () -> loop(replica.id()).ifPresent(LeadLoop::recordDoubted),
                settings.leader());
    }

    /** A term's events; one of them is news for the terms after it. */
    private void told(LocalReplica leading, RecoveryEvent event) {
        publish(event);
        if (event instanceof RecoveryEvent.TokenRefused refused) {
            loop(leading.id()).ifPresent(loop -> loop.promiseMet(refused.promisedEpoch()));
        }
    }

    /** As {@link io.resilver.spi.driver.RecoveryDriver#assign}. */
    public CompletionStage<Leadership> assign(Assignment assignment) throws RecoveryException {
        requireExternal();
        return assignments.assign(local(assignment.self()), assignment);
    }

    /** As {@link io.resilver.spi.driver.RecoveryDriver#updateEpoch}. */
    public CompletionStage<Leadership> updateEpoch(VolumeId volume, Epoch epoch) throws RecoveryException {
        requireExternal();
        return assignments.updateEpoch(local(volume), epoch);
    }

    /** As {@link io.resilver.spi.driver.RecoveryDriver#invalidateEpoch}. */
    public CompletionStage<Void> invalidateEpoch(VolumeId volume, long epochNumber) throws RecoveryException {
        requireExternal();
        return assignments.invalidate(local(volume), epochNumber);
    }

    /**
     * The senders of a volume that this host leads.
     *
     * @param volume which
     * @return what {@link io.resilver.spi.driver.RecoveryDriver} offers for each of its replicas
     * @throws RecoveryException when this host has no term of that volume
     */
    public SenderAccess senders(VolumeId volume) throws RecoveryException {
        return local(volume).requireLeader().senders();
    }

    // ------------------------------------------------------------------------------------------------ what is there

    /**
     * Who this is.
     *
     * @return the host's id
     */
    public HostId host() {
        return ports.host();
    }

    /**
     * The terms that this host leads now.
     *
     * @return a new list
     */
    public List<VolumeLeader> leaders() {
        List<VolumeLeader> leading = new ArrayList<>();
        for (LocalReplica each : replicas.values()) {
            each.leader()
                    .filter(term -> !term.ended().toCompletableFuture().isDone())
                    .ifPresent(leading::add);
        }
        return leading;
    }

    /**
     * Why the coordination service refuses this host for good, if it does (R43).
     *
     * @return the refusal
     */
    public Optional<RecoveryException> denied() {
        return cluster.flatMap(Cluster::denied);
    }

    /**
     * The images of open stores in which the scrub has found something corrupt.
     *
     * @return the first place in each
     */
    public List<ScrubStatus.Corrupt> corruptImages() {
        return images.corrupt();
    }

    /**
     * The host's slots and bytes.
     *
     * @return what recoveries wait for
     */
    public RecoveryScheduler scheduler() {
        return scheduler;
    }

    /**
     * The pins that this host holds.
     *
     * @return every one that is not released
     */
    public PinLedger ledger() {
        return ledger;
    }

    HostRuntime runtime() {
        return ports.runtime();
    }

    /** The store of a replica of this host, as errors name it. */
    StoreSite site(ReplicaId replica) {
        return adapter.storeOf(replica);
    }

    StorageAdapter adapter() {
        return ports.adapter();
    }

    Optional<Cluster> cluster() {
        return cluster;
    }

    Optional<LocalReplica> replica(ReplicaId id) {
        return Optional.ofNullable(replicas.get(id));
    }

    /** Called by stores at any time, also before the host has joined. */
    Optional<LeadLoop> loop(ReplicaId replica) {
        return cluster.flatMap(joined -> joined.loop(replica));
    }

    ReplicaTarget serve(VolumeStore store, Incarnation incarnation) {
        images.start();
        StoreGate gate = new FencingGate(store.replica(), incarnation, listener);
        return server.add(store, wiring.gate(store.replica(), gate));
    }

    CompletionStage<Void> serveNoMore(ReplicaId replica) {
        return server.remove(replica);
    }

    void publish(RecoveryEvent event) {
        ports.signals().event(event);
    }

    void defect(String what, Throwable bug) {
        ports.signals().defect(what, bug);
    }

    void forced(long nanos) {
        ports.signals().forced(nanos);
    }

    Strand strand(ReplicaId replica) {
        return newStrand(replica.toString());
    }

    private Strand newStrand(String what) {
        return new Strand(runtime().workers(), error -> defect(what, error));
    }

    // ------------------------------------------------------------------------------------------------ ends

    /**
     * Hands over every volume that this host leads and takes the host's node away: who follows need not wait (R39). Nothing
     * is led any more.
     *
     * @return completes when all is handed over; never fails
     */
    public CompletionStage<Void> resign() {
        orphans.ifPresent(OrphanWatch::stop);
        return cluster.map(Cluster::resign).orElseGet(() -> CompletableFuture.completedFuture(null));
    }

    /**
     * Closes every store. Nothing is opened any more.
     *
     * @param why for those who wait
     * @return completes once no store is open; fails with the first failure to close one
     */
    public CompletionStage<Void> closeStores(String why) {
        images.stop();
        return openings.close(why);
    }

    /** Asks nothing more of the coordination service. Idempotent. */
    public void leave() {
        orphans.ifPresent(OrphanWatch::stop);
        cluster.ifPresent(Cluster::close);
    }

    private LocalReplica local(ReplicaId replica) throws RecoveryException {
        LocalReplica local = replicas.get(replica);
        if (local == null) {
            throw new PermanentException("replica " + replica + " is not open on this host: open it first");
        }
        return local;
    }

    private LocalReplica local(VolumeId volume) throws RecoveryException {
        return OfVolume.find(replicas, volume)
                .orElseThrow(() -> new PermanentException(
                        "no replica of volume " + volume + " is open on this host: open one first"));
    }

    private Cluster requireCluster() throws RecoveryException {
        return cluster.orElseThrow(
                () -> new PermanentException("the built-in authority is off: this host passes in assignments"
                        + " (resilver.coordination.mode is external)"));
    }

    private void requireExternal() throws RecoveryException {
        if (cluster.isPresent()) {
            throw new PermanentException("the built-in authority decides (resilver.coordination.mode is zookeeper):"
                    + " lead a volume instead of assigning it");
        }
    }
}
