package io.resilver.multihost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.host.cli.demo.HostProcess;
import java.nio.file.Path;
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
        HostProcess a = hosts.startAll();
        ledger.write(a::ask, SOME);
        return a;
    }

    /** Once, and time and again with the profile chaos. */
    static IntStream rounds() {
        return IntStream.range(0, Boolean.getBoolean("resilver.chaos") ? 20 : 1);
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
            for (int i = 0; i < SOME && Hosts.hasNode(client, "a"); i++) {
                ledger.writeOne(a::ask);
            }
            assertThat(ledger.acknowledged()).as("it commits on").isGreaterThan(SOME);
            await().atMost(Hosts.PATIENCE).until(() -> !Hosts.hasNode(client, "a"));
            HostProcess next = hosts.leader(epoch, "b", "c");
            ledger.writeOne(next::ask);
            hosts.beforeZooKeeper("a").pass();
            hosts.nothingIsLost(next, ledger);
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
            Ledger.Load busy = ledger.load(a::ask);
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
            assertThat(busy.refused()).isPresent();
            HostProcess next = hosts.leader(epoch, "a", "b", "c");
            hosts.nothingIsLost(next, ledger);
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
                ledger.writeOne(hosts.leader(0, "a", "b", "c")::ask);
                return ledger.acknowledged() > before + SOME;
            });
            hosts.before("c").pass();
            hosts.before("c").reset();
            hosts.nothingIsLost(hosts.leader(0, "a", "b", "c"), ledger);
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
            Ledger.Load busy = ledger.load(a::ask);
            await().atMost(Hosts.PATIENCE).until(() -> ledger.acknowledged() > 2 * SOME);
            a.kill();
            assertThat(busy.refused()).isPresent();
            HostProcess next = hosts.leader(epoch, "b", "c");
            hosts.intact(next, ledger);
            hosts.start("a");
            hosts.nothingIsLost(next, ledger);
        }
    }
}
