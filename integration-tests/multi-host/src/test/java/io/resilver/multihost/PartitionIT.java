package io.resilver.multihost;

import static io.resilver.host.cli.demo.HostProcess.verb;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.host.cli.demo.HostProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Hosts that cannot reach each other, or ZooKeeper, or die: real processes, with a proxy of ours between any two. */
class PartitionIT {
    private static final int SOME = 20;

    @TempDir
    Path directory;

    private final Ledger ledger = new Ledger();

    private HostProcess begin(Hosts hosts) throws Exception {
        HostProcess a = hosts.start("a", "--create-volume");
        hosts.start("b");
        hosts.start("c");
        hosts.leader(0, "a");
        hosts.joined(a, "a,b,c");
        ledger.write(a, SOME);
        return a;
    }

    /** All that was acknowledged can be read, at once (R37). */
    private void intact(HostProcess primary) throws Exception {
        assertThat(ledger.wrong(primary))
                .as("blocks of %s that are lost", ledger.acknowledged())
                .isEmpty();
    }

    /** Whoever leads serves all that was acknowledged, and so do all replicas in the end. */
    private void nothingIsLost(Hosts hosts, HostProcess primary) throws Exception {
        intact(primary);
        hosts.joined(primary, "a,b,c");
        ledger.writeOne(primary);
        long committed = primary.ask(verb("status")).number("committedLsn").orElseThrow();
        String image = hosts.image(primary.name(), committed);
        for (String name : Hosts.NAMES) {
            assertThat(hosts.image(name, committed)).as("image of " + name).isEqualTo(image);
        }
        intact(primary);
    }

    /** Once, and time and again with the profile chaos. */
    static IntStream rounds() {
        return IntStream.range(0, Boolean.getBoolean("resilver.chaos") ? 20 : 1);
    }

    private static boolean hasNode(CuratorFramework client, String host) throws Exception {
        return client.getChildren().forPath("/resilver/hosts").stream().anyMatch(each -> each.startsWith(host + "."));
    }

    @ParameterizedTest
    @MethodSource("rounds")
    @DisplayName(
            "R38, R39: cut off from ZooKeeper a primary commits on while its members answer; the server ends its session,"
                    + " another takes over, and nothing acknowledged is lost")
    void cutOffFromZooKeeper(int round) throws Exception {
        try (Hosts hosts = Hosts.withProxies(directory);
                CuratorFramework client = CuratorFrameworkFactory.newClient(
                        hosts.connectString(), 30_000, 30_000, new RetryOneTime(100))) {
            client.start();
            HostProcess a = begin(hosts);
            long epoch = Hosts.epoch(a);
            hosts.beforeZooKeeper("a").cut();
            for (int i = 0; i < SOME && hasNode(client, "a"); i++) {
                ledger.writeOne(a);
            }
            assertThat(ledger.acknowledged()).as("it commits on").isGreaterThan(SOME);
            await().atMost(Hosts.PATIENCE).until(() -> !hasNode(client, "a"));
            HostProcess next = hosts.leader(epoch, "b", "c");
            ledger.writeOne(next);
            hosts.beforeZooKeeper("a").pass();
            nothingIsLost(hosts, next);
        }
    }

    @ParameterizedTest
    @MethodSource("rounds")
    @DisplayName(
            "R31, R33, R39: cut off from ZooKeeper and its members a primary acknowledges nothing more; another takes over,"
                    + " and nothing acknowledged is lost")
    void cutOffFromAll(int round) throws Exception {
        try (Hosts hosts = Hosts.withProxies(directory)) {
            HostProcess a = begin(hosts);
            long epoch = Hosts.epoch(a);
            CompletableFuture<Void> busy = CompletableFuture.runAsync(() -> ledger.writeUntilRefused(a));
            await().atMost(Hosts.PATIENCE).until(() -> ledger.acknowledged() > 2 * SOME);
            hosts.beforeZooKeeper("a").cut();
            for (String name : Hosts.NAMES) {
                hosts.before(name).cut();
            }
            hosts.leader(epoch, "a", "b", "c"); // one that leads by the record; it commits nothing alone yet
            hosts.before("b").reset();
            hosts.before("c").reset();
            hosts.before("b").pass();
            hosts.before("c").pass();
            hosts.beforeZooKeeper("a").pass();
            hosts.before("a").pass();
            busy.join();
            HostProcess next = hosts.leader(epoch, "a", "b", "c");
            nothingIsLost(hosts, next);
        }
    }

    @ParameterizedTest
    @MethodSource("rounds")
    @DisplayName("R30, R31, R39: a one-way cut before a member costs work and no data, and the member comes back")
    void oneWay(int round) throws Exception {
        try (Hosts hosts = Hosts.withProxies(directory)) {
            begin(hosts);
            hosts.before("c").cutForward();
            int before = ledger.acknowledged();
            await().atMost(Hosts.PATIENCE).ignoreExceptions().until(() -> {
                ledger.writeOne(hosts.leader(0, "a", "b", "c"));
                return ledger.acknowledged() > before + SOME;
            });
            hosts.before("c").pass();
            hosts.before("c").reset();
            nothingIsLost(hosts, hosts.leader(0, "a", "b", "c"));
        }
    }

    @ParameterizedTest
    @MethodSource("rounds")
    @DisplayName(
            "R30, R39: killed in the middle of appends, a primary is followed by one that has all that was acknowledged")
    void killedMidAppend(int round) throws Exception {
        try (Hosts hosts = new Hosts(directory)) {
            HostProcess a = begin(hosts);
            long epoch = Hosts.epoch(a);
            CompletableFuture<Void> busy = CompletableFuture.runAsync(() -> ledger.writeUntilRefused(a));
            await().atMost(Hosts.PATIENCE).until(() -> ledger.acknowledged() > 2 * SOME);
            a.kill();
            busy.join();
            HostProcess next = hosts.leader(epoch, "b", "c");
            intact(next);
            hosts.start("a");
            nothingIsLost(hosts, next);
        }
    }

    @ParameterizedTest
    @MethodSource("rounds")
    @DisplayName(
            "R38: without ZooKeeper commits go on and a bulk transfer waits at a step boundary; both go on when it is back"
                    + " with its data")
    void withoutZooKeeper(int round) throws Exception {
        try (Hosts hosts = new Hosts(directory)) {
            HostProcess a = begin(hosts);
            hosts.host("c").kill();
            hosts.joined(a, "a,b");
            ledger.write(a, 512);
            a.ask(verb("throttle").put("bytesPerSecond", 4 << 20));
            int mark = a.mark();
            hosts.start("c");
            a.await(
                    mark,
                    "RecoveryProgressed",
                    event -> event.text("replica").orElse("").equals("c"),
                    Hosts.PATIENCE);
            hosts.stopZooKeeper();
            int before = ledger.acknowledged();
            await().during(Duration.ofSeconds(5)).atMost(Hosts.PATIENCE).until(() -> {
                ledger.writeOne(a);
                return a.ask(verb("status")).text("inSync").orElse("").equals("a,b");
            });
            assertThat(ledger.acknowledged()).isGreaterThan(before);
            hosts.restartZooKeeper();
            HostProcess primary = hosts.leader(0, "a", "b");
            nothingIsLost(hosts, primary);
        }
    }
}
