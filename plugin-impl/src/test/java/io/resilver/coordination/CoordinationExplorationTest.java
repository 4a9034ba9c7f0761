package io.resilver.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.coordination.memory.Fate;
import io.resilver.coordination.memory.MemoryEnsemble;
import io.resilver.coordination.memory.MemoryStore;
import io.resilver.replica.ManualRuntime;
import io.resilver.runtime.Strand;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.VolumeSpec;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.VolumeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Three hosts under every kind of trouble that a coordination service makes, at random under a seed: answers and requests
 * are lost or late, reads are old, sessions expire, nodes stay, hosts are cut off and start again. The real code runs, one
 * task at a time, and after every step two things must hold.
 */
class CoordinationExplorationTest {
    private static final VolumeId VOLUME = new VolumeId("vol");
    private static final List<String> HOSTS = List.of("a", "b", "c");
    private static final Duration SESSION = Duration.ofSeconds(6);
    private static final LeaseSettings LEASE =
            new LeaseSettings(SESSION, Duration.ofSeconds(1), Duration.ofMillis(250));
    /** More with -Dresilver.seeds=N, or the profile chaos. */
    private static final int SEEDS =
            Integer.getInteger("resilver.seeds", Boolean.getBoolean("resilver.chaos") ? 5_000 : 150);

    private static final int STEPS = 250;

    @Test
    @DisplayName("R31, R32, R35: whoever mints is waited for by the term before, unless that is over; epochs only rise")
    void explore() {
        int mints = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            World world = new World(seed);
            try {
                world.run();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(
                        "seed " + seed + ": " + e.getMessage() + "\n" + String.join("\n", world.trace), e);
            }
            mints += world.minted.size();
        }
        assertThat(mints).as("the exploration gets somewhere").isGreaterThan(SEEDS * 3);
    }

    /** One run. */
    private static final class World {
        private final Random random;
        private final ManualRuntime runtime;
        private final MemoryEnsemble ensemble;
        private final List<Host> hosts = new ArrayList<>();
        private final List<Epoch> minted = new ArrayList<>();
        private final List<String> trace = new ArrayList<>();
        private final List<Throwable> uncaught = new ArrayList<>();
        private final List<Term> terms = new ArrayList<>();
        private final boolean calm;
        private Incarnation incarnation = new Incarnation("none");
        private boolean begun;

        World(long seed) {
            random = new Random(seed);
            runtime = new ManualRuntime(seed);
            calm = random.nextInt(4) == 0;
            ensemble = new MemoryEnsemble(runtime, SESSION, Duration.ofMillis(random.nextInt(2_000)));
        }

        void run() {
            for (String name : HOSTS) {
                hosts.add(new Host(this, name));
            }
            hosts.forEach(Host::start);
            settle(Duration.ofSeconds(1));
            hosts.get(0).createVolume();
            settle(Duration.ofSeconds(1));
            hosts.forEach(Host::admit);
            settle(Duration.ofSeconds(1));
            begun = true;
            for (int i = 0; i < STEPS; i++) {
                step();
                check();
            }
        }

        private void step() {
            Host host = hosts.get(random.nextInt(hosts.size()));
            switch (random.nextInt(12)) {
                case 0, 1 -> host.takeOver();
                case 2, 3 -> host.join(HOSTS.get(random.nextInt(HOSTS.size())));
                case 4, 5 -> host.leave(HOSTS.get(random.nextInt(HOSTS.size())));
                case 6 -> host.confirm();
                case 7 -> host.cutOff(random.nextBoolean());
                case 8 -> {
                    if (random.nextInt(4) == 0) {
                        ensemble.expire(host.store.session());
                        note(host.name + " session expires");
                    }
                }
                case 9 -> {
                    if (random.nextInt(6) == 0) {
                        host.resign();
                    } else if (random.nextInt(6) == 0) {
                        host.restart();
                    }
                }
                default -> settle(Duration.ofMillis(random.nextInt(1_500)));
            }
            for (int turns = random.nextInt(12); turns > 0; turns--) {
                runtime.runOne();
                check();
            }
        }

        private void settle(Duration time) {
            Duration piece = Duration.ofMillis(25);
            for (Duration left = time; !left.isNegative() && !left.isZero(); left = left.minus(piece)) {
                runtime.advance(piece);
                while (runtime.runOne()) {
                    check();
                }
            }
        }

        /** What becomes of a request. */
        private Fate fate() {
            if (!begun || calm || random.nextInt(100) < 70) {
                return Fate.PROMPT;
            }
            return switch (random.nextInt(5)) {
                case 0 -> Fate.REQUEST_LOST;
                case 1 -> Fate.ANSWER_LOST;
                case 2 -> Fate.late(Duration.ofMillis(random.nextInt(3_000)));
                case 3 -> Fate.stale(1 + random.nextInt(3));
                default ->
                    new Fate(
                            Duration.ofMillis(random.nextInt(500)),
                            false,
                            Duration.ofMillis(random.nextInt(1_500)),
                            random.nextBoolean(),
                            0);
            };
        }

        /** A late answer of the client is known as lost to it; the ensemble knows what is. */
        private void check() {
            assertThat(uncaught).isEmpty();
            Optional<VolumeRecord> record = inForce();
            if (record.isEmpty() || !begun) {
                return;
            }
            Epoch epoch = record.get().epoch();
            if (minted.isEmpty() || !minted.get(minted.size() - 1).equals(epoch)) {
                minted(record.get());
            }
        }

        private void minted(VolumeRecord record) {
            Epoch epoch = record.epoch();
            note("in force: " + epoch + " by " + record.primary() + ", set " + record.inSync());
            Optional<Epoch> before = minted.isEmpty() ? Optional.empty() : Optional.of(minted.get(minted.size() - 1));
            minted.forEach(each -> assertThat(epoch.number()).isGreaterThan(each.number()));
            minted.add(epoch);
            Optional<HostNode> primary = record.primary();
            if (primary.isEmpty()) {
                return; // as it was created
            }
            ReplicaId leads = replica(primary.get().host().value());
            // The term that this one follows needs the new primary's store, which promises the new epoch before
            // anything else
            // is changed; an older term is shut out by that one's successor in turn.
            for (Term each : terms) {
                if (!each.over && before.equals(Optional.of(each.tenure.epoch()))) {
                    assertThat(each.required())
                            .as(
                                    "term %s of %s would acknowledge without %s, which leads now",
                                    each.tenure.epoch(), each.host.name, leads)
                            .contains(leads);
                }
            }
        }

        private Optional<VolumeRecord> inForce() {
            return ensemble.now(Paths.volume(VOLUME)).map(bytes -> {
                try {
                    return VolumeRecordCodec.decode("record", bytes);
                } catch (RecoveryException e) {
                    throw new IllegalStateException(e);
                }
            });
        }

        void note(String what) {
            trace.add(runtime.clock().nanos() / 1_000_000 + " ms: " + what);
        }
    }

    private static ReplicaId replica(String name) {
        return new ReplicaId(VOLUME, name);
    }

    /** What a leader would wait for: the set that it was last told, and whoever it asked in and has no word of. */
    private static final class Term {
        private final Host host;
        private final Tenure tenure;
        private final List<ReplicaId> asked = new ArrayList<>();
        private boolean over;

        Term(Host host, Tenure tenure) {
            this.host = host;
            this.tenure = tenure;
        }

        Set<ReplicaId> required() {
            Set<ReplicaId> all = new HashSet<>(tenure.record().inSync());
            all.addAll(asked);
            all.add(replica(host.name));
            return all;
        }

        void change(String what, Optional<ReplicaId> joiner, CompletionStage<VolumeRecord> stage) {
            joiner.ifPresent(asked::add);
            stage.whenComplete((record, error) -> {
                joiner.ifPresent(asked::remove);
                if (error != null && RecordChange.recovery(error) instanceof io.resilver.spi.error.FencedException) {
                    over = true;
                }
                host.world.note(host.name + " " + what + (error == null ? " done" : " failed: " + error.getMessage()));
            });
        }
    }

    /** One host: its client, session, disk and authority. */
    private static final class Host {
        private final World world;
        private final String name;
        private final DiskFixture disk;
        private Epoch promise = new Epoch(1, new io.resilver.spi.model.MintId("first"));
        private MemoryStore store;
        private HostSession session;
        private VolumeAuthority authority;
        private Optional<Term> term = Optional.empty();

        Host(World world, String name) {
            this.world = world;
            this.name = name;
            this.disk = new DiskFixture("disk-" + name);
            connect();
        }

        private void connect() {
            store = new MemoryStore(world.ensemble, world.runtime, world::fate);
            session = new HostSession(
                    store, new HostId(name), new Endpoint("127.0.0.1", 7), LEASE, world.runtime, new Quiet());
        }

        private Strand strand() {
            return new Strand(world.runtime.workers(), world.uncaught::add);
        }

        void start() {
            session.start();
        }

        void createVolume() {
            new Volumes(store, session, strand(), world.runtime)
                    .create(new VolumeSpec(
                            VOLUME,
                            HOSTS.stream()
                                    .map(each -> new ReplicaAssignment(
                                            replica(each), new HostId(each), Optional.empty(), Duty.FOLLOW))
                                    .toList(),
                            1))
                    .whenComplete((made, error) -> world.incarnation = made);
        }

        void admit() {
            authority = new VolumeAuthority(store, session, replica(name), world.incarnation, strand(), world.runtime);
            authority.admit(disk.identity, disk);
        }

        void restart() {
            world.note(name + " restarts");
            term.ifPresent(each -> each.over = true); // its process is gone, and acknowledges nothing any more
            term = Optional.empty();
            authority.close();
            session.close();
            if (world.random.nextBoolean()) {
                store.close();
            } else {
                store.abandon();
            }
            connect();
            start();
            admit();
        }

        void takeOver() {
            if (term.isPresent() && !term.get().over) {
                return;
            }
            world.note(name + " tries");
            authority
                    .takeOver(Optional.of(promise), disk.usable, Optional.empty())
                    .whenComplete((result, error) -> {
                        if (result instanceof TakeOver.Minted won) {
                            promise = won.tenure().epoch();
                            Term made = new Term(this, won.tenure());
                            term = Optional.of(made);
                            world.terms.add(made);
                            world.note(name + " leads " + won.tenure().epoch());
                        }
                    });
        }

        private Optional<Term> leading() {
            return term.filter(each -> !each.over);
        }

        void join(String who) {
            Optional<StoreIdentity> recorded = leading()
                    .flatMap(each -> each.tenure.record().replica(replica(who)))
                    .flatMap(VolumeRecord.Replica::store);
            if (recorded.isPresent() && !who.equals(name)) {
                Term mine = leading().orElseThrow();
                world.note(name + " asks " + who + " in");
                mine.change("join " + who, Optional.of(replica(who)), mine.tenure.join(replica(who), recorded.get()));
            }
        }

        void leave(String who) {
            if (!who.equals(name)) {
                leading().ifPresent(mine -> {
                    world.note(name + " asks " + who + " out");
                    mine.change("leave " + who, Optional.empty(), mine.tenure.leave(replica(who)));
                });
            }
        }

        void confirm() {
            leading().ifPresent(mine -> mine.change("confirm", Optional.empty(), mine.tenure.confirm()));
        }

        void resign() {
            leading().ifPresent(mine -> {
                mine.over = true; // the caller has closed its gate
                mine.change("resign", Optional.empty(), mine.tenure.resign());
            });
        }

        void cutOff(boolean off) {
            world.note(name + (off ? " is cut off" : " is back"));
            store.cutOff(off);
        }
    }

    private static final class Quiet implements HostSession.Listener {
        @Override
        public void sessionOpened(HostNode node) {}

        @Override
        public void hostsSeen(Set<HostNode> live) {}

        @Override
        public void denied(RecoveryException why) {}
    }
}
