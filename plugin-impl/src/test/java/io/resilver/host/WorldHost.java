package io.resilver.host;

import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.HostNode;
import io.resilver.coordination.HostSession;
import io.resilver.coordination.LeaseSettings;
import io.resilver.coordination.Opening;
import io.resilver.coordination.StoreMarks;
import io.resilver.coordination.TakeOverPace;
import io.resilver.coordination.TakeOverSettings;
import io.resilver.coordination.TakeOverWatch;
import io.resilver.coordination.Tenure;
import io.resilver.coordination.VolumeAuthority;
import io.resilver.coordination.VolumeRecord;
import io.resilver.coordination.Volumes;
import io.resilver.coordination.memory.MemoryStore;
import io.resilver.execution.LeaderContext;
import io.resilver.execution.LeaderOptions;
import io.resilver.execution.Meter;
import io.resilver.execution.PinLedger;
import io.resilver.execution.RecoveryScheduler;
import io.resilver.execution.VolumeLeader;
import io.resilver.replica.FencingGate;
import io.resilver.replica.MemoryVolume;
import io.resilver.replica.ReplicaEvents;
import io.resilver.replica.ReplicaServer;
import io.resilver.replica.ReplicaTarget;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.RequestHandler;
import io.resilver.runtime.Strand;
import io.resilver.spi.driver.Admission;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.Token;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** One simulated host: a store that outlives its processes, and the process that runs now, made of the driver's own parts. */
final class WorldHost {
    static final Duration SILENCE = Duration.ofMillis(1_500);
    static final Duration READ_LEASE = Duration.ofMillis(500);
    private static final Duration SERVED_FOR = Duration.ofMillis(495);
    private static final int TICKS_PER_LEASE = 4;
    private static final int BATCH_BYTES = 64;
    private static final int MOST_LSN_GAP = 3;
    private static final LeaseSettings LEASE =
            new LeaseSettings(World.SESSION, Duration.ofSeconds(1), Duration.ofMillis(250));
    private static final TakeOverSettings TAKE_OVER = new TakeOverSettings(
            SILENCE, Duration.ofMillis(500), Duration.ofMillis(500), Duration.ofMillis(200), Duration.ofSeconds(2));

    private final World world;
    private final ReplicaId self;
    private final WorldStore store;
    private Serving serving;

    WorldHost(World world, String name) throws RecoveryException {
        this.world = world;
        this.self = World.replica(name);
        MemoryVolume volume = new MemoryVolume();
        volume.identify(new StoreIdentity(new StoreId("disk-" + name), 0));
        this.store = new WorldStore(self, volume);
        this.serving = new Serving();
    }

    String name() {
        return self.name();
    }

    HostTime time() {
        return serving.time;
    }

    Serving serving() {
        return serving;
    }

    boolean serves(ReplicaId replica) {
        return serving.server.find(replica).isPresent();
    }

    /** Dies, and loses what it had not made durable. */
    void crash() {
        world.note(name() + " crashes");
        serving.time.kill();
        serving.client.abandon();
        world.network().reset(this);
        store.volume().crash();
    }

    /** Starts a new process on the store. */
    void restart() {
        world.note(name() + " starts");
        serving = new Serving();
        serving.start();
    }

    /** One process. */
    final class Serving implements HostSession.Listener, RequestHandler {
        private final HostTime time = new HostTime(world.runtime(), world.random());
        private final MemoryStore client =
                new MemoryStore(world.ensemble(), world.runtime(), () -> world.fate(WorldHost.this));
        private final CoordinationStore known = world.wiring().store(client, time, self);
        private final HostSession session =
                new HostSession(known, new HostId(name()), World.endpoint(name()), LEASE, time, this);
        private final Strand strand = new Strand(time.workers(), world::uncaught);
        private final ReplicaServer server = new ReplicaServer(time, new Events());
        private final RecoveryScheduler scheduler = new RecoveryScheduler(2, 1 << 20);
        private final PinLedger ledger = new PinLedger();
        private Optional<LeadLoop> loop = Optional.empty();
        private Optional<LocalReplica> replica = Optional.empty();
        private Optional<Leadership> term = Optional.empty();

        void start() {
            session.start();
            if (world.incarnation().isPresent()) {
                admit();
            }
        }

        MemoryStore client() {
            return client;
        }

        Volumes volumes() {
            return new Volumes(known, session, new Strand(time.workers(), world::uncaught), time);
        }

        /** Opens the store for the volume, and again later when the coordination service did not answer. */
        void admit() {
            Incarnation incarnation = world.incarnation().orElseThrow();
            VolumeAuthority authority = new VolumeAuthority(known, session, self, incarnation, strand, time);
            StoreMarks marks = new Marks();
            authority.admit(identity(), marks).whenComplete((opening, failure) -> {
                if (failure != null) {
                    time.after(Duration.ofMillis(200), this::admit);
                } else {
                    open(authority, opening, incarnation);
                }
            });
        }

        private void open(VolumeAuthority authority, Opening opening, Incarnation incarnation) {
            ReplicaTarget target = server.add(
                    self,
                    store.volume(),
                    new WatchedGate(
                            world.wiring().gate(new FencingGate(self, incarnation, new Events())),
                            token -> world.accepted(name(), token)));
            VolumeRecord record = opening.record();
            target.open(Optional.of(record.epoch())).whenComplete((promised, failure) -> {
                LocalReplica opened = new LocalReplica(store, incarnation, target, strand, time);
                if (failure != null) {
                    opened.conflicts(record.epoch());
                }
                TakeOverWatch watch = new TakeOverWatch(time.clock(), TAKE_OVER, self);
                watch.recordSeen(record);
                LeadLoop made = new LeadLoop(
                        opened,
                        authority,
                        watch,
                        new TakeOverPace(TakeOverPace.DEFAULT_TURNS),
                        volumes(),
                        session,
                        this::leader,
                        time);
                replica = Optional.of(opened);
                loop = Optional.of(made);
                made.start();
                lead();
            });
        }

        private void lead() {
            loop.orElseThrow().lead().whenComplete((next, failure) -> {
                if (failure == null) {
                    world.note(name() + " leads " + next.epoch());
                    term = Optional.of(next);
                    next.ended().whenComplete((why, never) -> {
                        world.note(name() + " leads " + next.epoch() + " no more: " + why);
                        term = Optional.empty();
                        lead();
                    });
                }
            });
        }

        private VolumeLeader leader(LocalReplica own, Tenure tenure, long boundaryLsn) {
            LeaderOptions byDefault = LeaderOptions.DEFAULT;
            LeaderContext context = new LeaderContext(
                    own.incarnation(),
                    tenure.epoch(),
                    self,
                    store,
                    false,
                    (host, where, whose, listener) ->
                            world.network().open(WorldHost.this, world.host(host.value()), whose, listener),
                    new Patient(),
                    scheduler,
                    ledger,
                    new Silent(),
                    event -> {},
                    () -> loop.ifPresent(LeadLoop::recordDoubted),
                    new LeaderOptions(
                            BATCH_BYTES,
                            byDefault.windowBytes(),
                            Duration.ofSeconds(1),
                            READ_LEASE.dividedBy(TICKS_PER_LEASE),
                            READ_LEASE,
                            SERVED_FOR,
                            Duration.ofSeconds(1),
                            byDefault.undecidedRetry(),
                            byDefault.progressInterval()));
            return new VolumeLeader(
                    context,
                    world.wiring().membership(new RecordMembership(tenure, session)),
                    world.wiring().ownWriter(own.writerGate(tenure.epoch())),
                    boundaryLsn,
                    time,
                    own.strand());
        }

        /** What a client's write does, where this process believes that it leads. */
        void write() {
            time.workers().execute(() -> term.ifPresent(this::write));
        }

        private void write(Leadership leading) {
            Admission pass;
            try {
                pass = leading.enter();
            } catch (FencedException refused) {
                return;
            }
            time.io().execute(() -> {
                try {
                    world.accepted(name(), new Token(world.incarnation().orElseThrow(), leading.epoch(), 0));
                    EntryBatch batch =
                            store.next(leading.writer(), 1 + world.random().nextInt(MOST_LSN_GAP));
                    store.volume().append(batch);
                    pass.close();
                    leading.flushed(store.volume().flush());
                    leading.whenCommitted(batch.last().lsn()).whenComplete((nothing, failure) -> {
                        if (failure == null) {
                            world.acknowledged(leading.epoch(), batch.last(), store.volume()::durableLog);
                        }
                    });
                } catch (RecoveryException | IllegalArgumentException refused) { // only where the gate let it in
                    world.note(name() + " cannot write: " + refused.getMessage());
                } finally {
                    pass.close();
                }
            });
        }

        /** What a client's read does. */
        void read() {
            time.workers()
                    .execute(() -> term.filter(leading -> world.wiring().mayRead(leading, session))
                            .ifPresent(leading -> world.read(leading.epoch(), leading.committedLsn())));
        }

        @Override
        public CompletionStage<Void> handle(Request request, ResponseSink back) {
            time.workers().execute(() -> server.handle(request, back));
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void lost(ReplicaId whose, HostId from) {
            time.workers().execute(() -> server.lost(whose, from));
        }

        @Override
        public void sessionOpened(HostNode node) {
            loop.ifPresent(LeadLoop::sessionOpened);
        }

        @Override
        public void hostsSeen(Set<HostNode> live) {
            loop.ifPresent(each -> each.hostsSeen(live));
        }

        @Override
        public void denied(RecoveryException why) {
            world.uncaught(why);
        }

        /** What the driver's own listener does. */
        private final class Events implements ReplicaEvents {
            @Override
            public void epochRaised(ReplicaId whose, Epoch epoch) {
                replica.flatMap(LocalReplica::leader)
                        .filter(leading -> leading.epoch().number() < epoch.number())
                        .ifPresent(leading -> leading.stop("the own store was fenced by epoch " + epoch));
            }

            @Override
            public void tokenAccepted(ReplicaId whose, Token token) {}

            @Override
            public void tokenRefused(ReplicaId whose, Token token, Optional<Epoch> promised) {}

            @Override
            public void mintConflict(ReplicaId whose, Epoch found, Epoch promised) {}

            @Override
            public void heardFromPrimary(ReplicaId whose, Token token) {
                loop.ifPresent(LeadLoop::heardFromPrimary);
            }

            @Override
            public void linkLost(ReplicaId whose, HostId from) {
                loop.ifPresent(each -> each.linkLost(from));
            }

            @Override
            public void forced(long nanos) {}
        }
    }

    private StoreIdentity identity() {
        try {
            return store.volume().identity();
        } catch (RecoveryException e) {
            throw new IllegalStateException(e);
        }
    }

    private final class Marks implements StoreMarks {
        @Override
        public CompletionStage<Void> identify(StoreIdentity identity) {
            return made(() -> store.volume().identify(identity));
        }

        @Override
        public CompletionStage<Void> markUnusable(String why) {
            return made(() -> store.volume().markUnusable(why));
        }

        private interface Change {
            void make() throws RecoveryException;
        }

        private static CompletionStage<Void> made(Change change) {
            try {
                change.make();
                return CompletableFuture.completedFuture(null);
            } catch (RecoveryException e) {
                return CompletableFuture.failedFuture(e);
            }
        }
    }

    private static final class Silent implements Meter {
        @Override
        public void sent(long entries, long bytes) {}

        @Override
        public void step(long nanos) {}

        @Override
        public void committed() {}
    }
}
