package io.resilver.multihost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.host.cli.demo.HostProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Hosts that cannot reach each other, or ZooKeeper, or die, or lose their session: real processes, with a proxy of ours between
 * any two. The cases follow each other on one cluster, in any order; each begins and ends with all of it well.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PartitionIT {
    private static final int SOME = 20;

    /** Much longer than a member may owe an answer. */
    private static final Duration LATE = Duration.ofSeconds(5);

    /** A block takes longer than that. */
    private static final long FEW_BYTES_PER_SECOND = 512;

    @TempDir
    static Path directory;

    private final Ledger ledger = new Ledger();
    private Hosts hosts;
    private Observer observer;

    /** Who leads as a case begins, in which epoch, and who follows. */
    private HostProcess primary;

    private long epoch;
    private List<String> members = List.of();

    @BeforeAll
    void start() throws Exception {
        hosts = Hosts.withProxies(directory);
        observer = new Observer(hosts.connectString());
        hosts.startAll();
    }

    @AfterAll
    void end() throws Exception {
        observer.close();
        hosts.close();
    }

    @BeforeEach
    void begin() throws Exception {
        primary = hosts.leader(0, "a", "b", "c");
        hosts.joined(primary, "a,b,c");
        epoch = Hosts.epoch(primary);
        members = Hosts.NAMES.stream()
                .filter(each -> !each.equals(primary.name()))
                .toList();
        ledger.write(primary::ask, SOME);
    }

    /** A case that failed leaves nothing in the way of the next. */
    @AfterEach
    void heal() {
        for (String each : Hosts.NAMES) {
            hosts.before(each).pass();
            hosts.beforeZooKeeper(each).pass();
        }
    }

    static IntStream rounds() {
        return Chaos.rounds(20);
    }

    private HostProcess next() {
        return hosts.leader(epoch, members.toArray(String[]::new));
    }

    private void more() {
        int then = ledger.acknowledged();
        await().atMost(Hosts.PATIENCE).until(() -> ledger.acknowledged() > then + SOME);
    }

    @ParameterizedTest
    @MethodSource("rounds")
    @DisplayName(
            "R38, R39: cut off from ZooKeeper a primary commits on while its members answer; the server ends its session,"
                    + " another takes over, and nothing acknowledged is lost")
    void cutOffFromZooKeeper(int round) throws Exception {
        String name = primary.name();
        hosts.beforeZooKeeper(name).cut();
        members.forEach(each -> hosts.beforeZooKeeper(each).cut()); // nobody may take over yet
        await().atMost(Hosts.PATIENCE).until(() -> observer.nodes(name).isEmpty());
        int before = ledger.acknowledged();
        for (int i = 0; i < SOME; i++) {
            ledger.writeOne(primary::ask);
        }
        assertThat(ledger.acknowledged()).as("commits without a session").isEqualTo(before + SOME);
        assertThat(Hosts.epoch(primary)).isEqualTo(epoch);
        members.forEach(each -> hosts.beforeZooKeeper(each).pass());
        HostProcess next = next();
        ledger.writeOne(next::ask);
        hosts.beforeZooKeeper(name).pass();
        hosts.nothingIsLost(next, ledger);
    }

    @ParameterizedTest
    @MethodSource("rounds")
    @DisplayName(
            "R38: a session that the server ends costs no write and no epoch where nobody else may take over: the host confirms"
                    + " its term in a new one")
    void sessionEndedAndConfirmed(int round) throws Exception {
        String name = primary.name();
        try (Ledger.Load load = ledger.load(primary::ask)) {
            more();
            String ended = observer.node(name);
            members.forEach(each -> hosts.beforeZooKeeper(each).cut());
            observer.end(ended);
            await().atMost(Hosts.PATIENCE)
                    .until(() -> observer.nodes(name).stream().anyMatch(each -> !each.equals(ended)));
            assertThat(observer.node(name)).as("the session that was ended").isNotEqualTo(ended);
            await().atMost(Hosts.PATIENCE).until(() -> observer.primary().equals(observer.node(name)));
            members.forEach(each -> hosts.beforeZooKeeper(each).pass());
            more();
            assertThat(load.end()).as("a write that was refused").isEmpty();
        }
        assertThat(Hosts.epoch(primary)).isEqualTo(epoch);
        hosts.nothingIsLost(primary, ledger);
    }

    @ParameterizedTest
    @MethodSource("rounds")
    @DisplayName(
            "R38, R39: a session that the server ends while its host cannot open another is the end of its term: a member takes"
                    + " over, and nothing acknowledged is lost")
    void sessionEndedForGood(int round) throws Exception {
        String name = primary.name();
        String ended = observer.node(name);
        try (Ledger.Load load = ledger.load(primary::ask)) {
            more();
            hosts.beforeZooKeeper(name).cut();
            observer.end(ended);
            HostProcess next = next();
            assertThat(load.refused()).as("its term is over").isPresent();
            ledger.writeOne(next::ask);
            hosts.beforeZooKeeper(name).pass();
            hosts.nothingIsLost(next, ledger);
        }
    }

    @ParameterizedTest
    @MethodSource("rounds")
    @DisplayName(
            "R31, R33, R39: cut off from ZooKeeper and its members a primary acknowledges nothing more; another takes over,"
                    + " and nothing acknowledged is lost")
    void cutOffFromAll(int round) throws Exception {
        try (Ledger.Load busy = ledger.load(primary::ask)) {
            more();
            hosts.beforeZooKeeper(primary.name()).cut();
            for (String each : Hosts.NAMES) {
                hosts.before(each).cut();
            }
            hosts.leader(epoch, "a", "b", "c"); // one that leads by the record; it commits nothing alone yet
            for (String each : members) {
                hosts.before(each).reset();
                hosts.before(each).pass();
            }
            hosts.beforeZooKeeper(primary.name()).pass();
            hosts.before(primary.name()).pass();
            assertThat(busy.refused()).isPresent();
        }
        hosts.nothingIsLost(hosts.leader(epoch, "a", "b", "c"), ledger);
    }

    /** What a network does to the connections of those who speak to a member. */
    private enum Harm {
        /** What is said to it stays on its way. */
        CUT_TO_IT,
        /** What it says stays on its way. */
        CUT_FROM_IT,
        /** All that is said is gone, and nobody notices. */
        HALF_OPEN,
        /** All of it comes too late. */
        DELAY,
        /** A trickle comes. */
        THROTTLE;

        void begin(FaultProxy before) {
            switch (this) {
                case CUT_TO_IT -> before.cutForward();
                case CUT_FROM_IT -> before.cutBackward();
                case HALF_OPEN -> before.halfOpen();
                case DELAY -> before.delay(LATE);
                case THROTTLE -> before.throttle(FEW_BYTES_PER_SECOND);
            }
        }
    }

    static Stream<Harm> harms() {
        return Chaos.rounds(4)
                .boxed()
                .flatMap(round -> Chaos.isLong()
                        ? Stream.of(Harm.values())
                        : Stream.of(Harm.CUT_TO_IT, Harm.CUT_FROM_IT, Harm.HALF_OPEN));
    }

    @ParameterizedTest
    @MethodSource("harms")
    @DisplayName(
            "R30, R31, R39: a member that is cut off in one direction, or hears and answers nothing, too late or too slowly,"
                    + " costs work and no data, and comes back")
    void harmed(Harm harm) throws Exception {
        String member = members.get(1);
        FaultProxy before = hosts.before(member);
        int mark = primary.mark();
        try (Ledger.Load load = ledger.load(hosts.whoeverLeads(primary))) {
            more();
            harm.begin(before);
            await().atMost(Hosts.PATIENCE).until(() -> hasLeft(member, mark) || hasTakenOver());
            more();
            before.pass();
            before.reset();
            assertThat(load.end()).as("a write that nobody acknowledged").isEmpty();
        }
        hosts.nothingIsLost(hosts.leader(0, "a", "b", "c"), ledger);
    }

    private boolean hasLeft(String member, int mark) {
        return primary.events(mark, "ReplicaLeft").stream()
                .anyMatch(each -> each.text("replica").equals(Optional.of(member)));
    }

    private boolean hasTakenOver() {
        return Hosts.NAMES.stream()
                .flatMap(each -> hosts.host(each).events(0, "PrimaryTookOver").stream())
                .anyMatch(each -> each.number("epoch").orElse(0) > epoch);
    }

    @ParameterizedTest
    @MethodSource("rounds")
    @DisplayName(
            "R30, R39: killed in the middle of appends, a primary is followed by one that has all that was acknowledged")
    void killedMidAppend(int round) throws Exception {
        try (Ledger.Load busy = ledger.load(primary::ask)) {
            more();
            primary.kill();
            assertThat(busy.refused()).isPresent();
        }
        HostProcess next = next();
        hosts.intact(next, ledger);
        hosts.start(primary.name());
        hosts.nothingIsLost(next, ledger);
    }
}
