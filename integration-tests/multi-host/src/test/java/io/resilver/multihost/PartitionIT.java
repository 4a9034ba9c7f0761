package io.resilver.multihost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.host.cli.demo.HostProcess;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
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
        int before = ledger.acknowledged();
        hosts.beforeZooKeeper(name).cut();
        for (int i = 0; i < SOME && !observer.nodes(name).isEmpty(); i++) {
            ledger.writeOne(primary::ask);
        }
        assertThat(ledger.acknowledged()).as("it commits on").isGreaterThan(before);
        await().atMost(Hosts.PATIENCE).until(() -> observer.nodes(name).isEmpty());
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

    @ParameterizedTest
    @MethodSource("rounds")
    @DisplayName("R30, R31, R39: a one-way cut before a member costs work and no data, and the member comes back")
    void oneWay(int round) throws Exception {
        FaultProxy before = hosts.before(members.get(1));
        before.cutForward();
        int then = ledger.acknowledged();
        await().atMost(Hosts.PATIENCE).ignoreExceptions().until(() -> {
            ledger.writeOne(hosts.leader(0, "a", "b", "c")::ask);
            return ledger.acknowledged() > then + SOME;
        });
        before.pass();
        before.reset();
        hosts.nothingIsLost(hosts.leader(0, "a", "b", "c"), ledger);
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
