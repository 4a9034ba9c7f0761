package io.resilver.multihost;

import static io.resilver.host.cli.demo.HostProcess.verb;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.host.cli.control.Message;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.host.cli.demo.HostProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Parts of ZooKeeper are lost, and all of it, while a volume is written: three hosts and three servers, each a process of its
 * own. The cases follow each other on one cluster; each begins and ends with all of it well.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class EnsembleIT {
    /** Much longer than an election and a reconnect on a busy machine, so that no session ends by the loss of servers. */
    private static final Duration SESSION = Duration.ofSeconds(8);

    /** Longer than a lease, which is half a session less a tick, for which a third of the session is taken. */
    private static final Duration LONGER_THAN_A_LEASE = SESSION.dividedBy(4);

    /** Nobody is taken for dead for being silent: a term that ends here ends by what ZooKeeper did. */
    private static final Duration SILENCE = Duration.ofMinutes(1);

    private static final int SOME = 20;
    private static final int GAP = 4_096;
    private static final int BULK_RATE = 2 << 20;
    /** Where a block goes is written before it. */
    private static final int PAYLOAD = Long.BYTES + Ledger.BLOCK;

    @TempDir
    static Path directory;

    private final Ledger ledger = new Ledger();
    private Ensemble ensemble;
    private Hosts hosts;

    @BeforeAll
    void start() throws Exception {
        ensemble = new Ensemble(directory.resolve("ensemble"));
        hosts = Hosts.of(
                ensemble,
                directory,
                Map.of(
                        "resilver.coordination.session-timeout-ms",
                        Long.toString(SESSION.toMillis()),
                        "resilver.coordination.silence-ms",
                        Long.toString(SILENCE.toMillis()),
                        "resilver.recovery.batch-bytes",
                        "131072",
                        "resilver.recovery.progress-ms",
                        "50"));
        ledger.write(hosts.startAll()::ask, SOME);
    }

    @AfterAll
    void end() throws Exception {
        try (Ensemble servers = ensemble;
                Hosts all = hosts) {
            assertThat(servers).isNotNull();
            assertThat(all).isNotNull();
        }
    }

    static IntStream rounds() {
        return Chaos.rounds(5);
    }

    private HostProcess primary() {
        return hosts.leader(0, "a", "b", "c");
    }

    private void progress() {
        int then = ledger.acknowledged();
        await().atMost(Hosts.PATIENCE).until(() -> ledger.acknowledged() > then + SOME);
    }

    @Order(1)
    @ParameterizedTest
    @MethodSource("rounds")
    @DisplayName("R38: a member of the ensemble is lost, then its leader: no write is refused, and no term ends")
    void oneIsLost(int round) throws Exception {
        HostProcess primary = primary();
        long epoch = Hosts.epoch(primary);
        try (Ledger.Load load = ledger.load(primary::ask)) {
            for (int lost : List.of(ensemble.follower(), ensemble.leader())) {
                ensemble.kill(List.of(lost));
                progress();
                assertThat(ensemble.leader()).isNotEqualTo(lost);
                progress();
                ensemble.start(List.of(lost));
            }
            assertThat(load.end()).as("a write that was refused").isEmpty();
        }
        assertThat(Hosts.epoch(primary)).isEqualTo(epoch);
        hosts.nothingIsLost(primary, ledger);
    }

    @Order(2)
    @ParameterizedTest
    @MethodSource("rounds")
    @DisplayName(
            "R38: without a quorum, for longer than a session, commits go on and a bulk transfer waits at a step boundary; it"
                    + " goes on where it waited, and nothing is sent twice")
    void theQuorumIsLost(int round) throws Exception {
        HostProcess primary = primary();
        long epoch = Hosts.epoch(primary);
        Far far = farBehind(primary);
        List<Integer> two = List.of(ensemble.follower(), ensemble.leader());
        ensemble.kill(two);
        long lostNanos = System.nanoTime();
        long waitsAt = far.waits(lostNanos);
        commitsGoOn(primary, far, waitsAt, lostNanos, SESSION.plus(Hosts.TICK));

        ensemble.start(two);
        Message report = far.completed();
        assertThat(far.events("RecoveryStarted")).as("one session").hasSize(1);
        assertThat(report.number("startLsn")).hasValue(far.stoodAt());
        assertThat(report.number("targetLsn").orElse(0)).isGreaterThan(waitsAt);
        far.sentOnce(report);
        assertThat(Hosts.epoch(primary)).as("the term was confirmed in place").isEqualTo(epoch);
        hosts.nothingIsLost(primary, ledger);
    }

    @Order(3)
    @ParameterizedTest
    @MethodSource("rounds")
    @DisplayName(
            "R17, R38: all of ZooKeeper is lost and comes back with its data: commits go on, and a replica that died meanwhile"
                    + " is sent what it has not made durable, and nothing else")
    void allAreLost(int round) throws Exception {
        HostProcess primary = primary();
        long epoch = Hosts.epoch(primary);
        Far far = farBehind(primary);
        ensemble.kill(Ensemble.ALL);
        long lostNanos = System.nanoTime();
        long waitsAt = far.waits(lostNanos);
        commitsGoOn(primary, far, waitsAt, lostNanos, LONGER_THAN_A_LEASE.multipliedBy(2));
        hosts.host(far.name()).kill();

        ensemble.start(Ensemble.ALL);
        hosts.start(far.name());
        Message report = far.completed();
        assertThat(report.number("startLsn").orElse(0))
                .as("what it had made durable")
                .isGreaterThanOrEqualTo(waitsAt)
                .isLessThan(waitsAt + GAP / 2);
        far.sentOnce(report);
        assertThat(Hosts.epoch(primary)).as("the term was confirmed in place").isEqualTo(epoch);
        hosts.nothingIsLost(primary, ledger);
    }

    @Order(4)
    @ParameterizedTest
    @MethodSource("rounds")
    @DisplayName(
            "R42: after the ensemble was restored from an older backup, epochs still rise; two terms of one number are reported"
                    + " by the host that met both, and settled by the next")
    void restoredFromABackup(int round) throws Exception {
        HostProcess first = primary();
        long epoch = Hosts.epoch(first);
        ensemble.backUp();
        List<String> others = others(first.name());
        String leads = others.get(0);
        String away = others.get(1);
        hosts.host(away).kill();
        hosts.joined(first, String.join(",", sorted(first.name(), leads)));
        first.kill();
        HostProcess second = hosts.leader(epoch, leads);
        long forgotten = Hosts.epoch(second);
        second.kill();

        ensemble.kill(Ensemble.ALL);
        ensemble.restore();
        ensemble.start(Ensemble.ALL);
        hosts.start(away);
        HostProcess again = hosts.leader(epoch, away);
        assertThat(Hosts.epoch(again))
                .as("the number of a term that ZooKeeper forgot")
                .isEqualTo(forgotten);

        HostProcess met = hosts.start(leads);
        Message conflict = met.await(0, "EpochConflict", any -> true, Hosts.PATIENCE);
        assertThat(conflict.number("epoch")).hasValue(forgotten);
        assertThat(conflict.text("found")).isNotEqualTo(conflict.text("promised"));
        await().atMost(Hosts.PATIENCE)
                .untilAsserted(() -> assertThat(hosts.log(leads)).contains("Two terms carry the same number"));

        hosts.start(first.name());
        again.kill();
        hosts.start(away);
        HostProcess settled = hosts.leader(forgotten, "a", "b", "c");
        hosts.joined(settled, "a,b,c");
        ledger.writeOne(settled::ask);
        hosts.intact(settled, ledger);
        hosts.sameImages(settled);
    }

    private static List<String> others(String name) {
        return Hosts.NAMES.stream().filter(each -> !each.equals(name)).toList();
    }

    private static List<String> sorted(String... names) {
        return List.of(names).stream().sorted().toList();
    }

    /** Commits go on, also once so much time has passed since the loss, and the transfer stands where it stands. */
    private void commitsGoOn(HostProcess primary, Far far, long waitsAt, long lostNanos, Duration longer)
            throws DemoException {
        try (Ledger.Load load = ledger.load(primary::ask)) {
            progress();
            await().atMost(Hosts.PATIENCE).until(() -> isPast(lostNanos, longer));
            progress();
            assertThat(load.end()).as("a write that was refused").isEmpty();
        }
        assertThat(far.durableLsn()).isEqualTo(waitsAt);
        assertThat(primary.ask(verb("status")).text("inSync")).contains(String.join(",", others(far.name())));
    }

    private static boolean isPast(long sinceNanos, Duration time) {
        return System.nanoTime() - sinceNanos > time.toNanos();
    }

    /** One replica is on its way back, and has a long way to go. */
    private Far farBehind(HostProcess primary) throws Exception {
        String name = others(primary.name()).get(1);
        hosts.host(name).kill();
        hosts.joined(primary, String.join(",", others(name)));
        long stoodAt = primary.ask(verb("status")).number("committedLsn").orElseThrow();
        ledger.write(primary::ask, GAP);
        primary.ask(verb("throttle").put("bytesPerSecond", BULK_RATE));
        int mark = primary.mark();
        hosts.start(name);
        Far far = new Far(primary, name, mark, stoodAt);
        await().atMost(Hosts.PATIENCE).until(() -> far.durableLsn() > stoodAt);
        return far;
    }

    /**
     * A replica on its way back.
     *
     * @param mark where the primary's events begin that are about it
     * @param stoodAt what it had made durable
     */
    private record Far(HostProcess primary, String name, int mark, long stoodAt) {
        List<Message> events(String kind) {
            return primary.events(mark, kind).stream().filter(this::isMine).toList();
        }

        private boolean isMine(Message event) {
            return event.text("replica").equals(Optional.of(name));
        }

        /** What it was last told to have made durable. */
        long durableLsn() {
            return events("RecoveryProgressed").stream()
                    .mapToLong(each -> each.number("durableLsn").orElseThrow())
                    .max()
                    .orElse(0);
        }

        /** Waits until it gets nothing more, for longer than a lease that is over by then, and answers what it has. */
        long waits(long lostNanos) {
            AtomicLong last = new AtomicLong();
            await().during(LONGER_THAN_A_LEASE).atMost(Hosts.PATIENCE).until(() -> {
                long now = durableLsn();
                return last.getAndSet(now) == now && isPast(lostNanos, LONGER_THAN_A_LEASE);
            });
            return last.get();
        }

        Message completed() throws DemoException {
            return primary.await(mark, "RecoveryCompleted", this::isMine, Hosts.PATIENCE);
        }

        /** Each entry of the gap once: LSNs rise by one, and all entries are of one size. */
        void sentOnce(Message report) {
            long entries = report.number("targetLsn").orElseThrow()
                    - report.number("startLsn").orElseThrow();
            assertThat(report.number("entries")).hasValue(entries);
            assertThat(report.number("bytesSent")).hasValue(entries * PAYLOAD);
        }
    }
}
