package io.resilver.multihost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.coordination.Paths;
import io.resilver.coordination.VolumeRecordCodec;
import io.resilver.host.cli.demo.HostProcess;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server ends a host's session while the host lives and works: real processes, and a second client of that session. */
class SessionExpiryIT {
    private static final int SOME = 20;

    /** From it and a session's id the server makes the session's password ({@code ZooKeeperServer.generatePasswd}). */
    private static final long SERVERS_SECRET = 0xB3415C00L;

    private static final int PASSWORD_BYTES = 16;

    @TempDir
    Path directory;

    private final Ledger ledger = new Ledger();

    @Test
    @DisplayName(
            "R38: a session that the server ends costs no write: where nobody else may, the host confirms its term in place,"
                    + " without a new epoch; where the host cannot, another takes over")
    void endedByTheServer() throws Exception {
        try (Hosts hosts = Hosts.withProxies(directory)) {
            HostProcess a = hosts.startAll();
            long epoch = Hosts.epoch(a);
            try (CuratorFramework observer =
                    CuratorFrameworkFactory.newClient(hosts.connectString(), 30_000, 30_000, new RetryOneTime(100))) {
                observer.start();
                confirmedInPlace(hosts, a, observer);
                assertThat(Hosts.epoch(a)).as("no new epoch").isEqualTo(epoch);

                String node = node(observer, "a");
                try (Ledger.Load load = ledger.load(a::ask)) {
                    hosts.beforeZooKeeper("a").cut();
                    expire(hosts, node);
                    HostProcess next = hosts.leader(epoch, "b", "c");
                    assertThat(load.refused()).as("its term is over").isPresent();
                    ledger.writeOne(next::ask);
                    hosts.beforeZooKeeper("a").pass();
                    hosts.nothingIsLost(next, ledger);
                }
            }
        }
    }

    /** With the others away from ZooKeeper, so that they can neither see that the node is gone nor take over. */
    private void confirmedInPlace(Hosts hosts, HostProcess a, CuratorFramework observer) throws Exception {
        try (Ledger.Load load = ledger.load(a::ask)) {
            await().atMost(Hosts.PATIENCE).until(() -> ledger.acknowledged() > SOME);
            String before = node(observer, "a");
            hosts.beforeZooKeeper("b").cut();
            hosts.beforeZooKeeper("c").cut();
            expire(hosts, before);
            await().atMost(Hosts.PATIENCE)
                    .until(() -> nodes(observer).stream().anyMatch(each -> isOf(each, "a") && !each.equals(before)));
            assertThat(nodes(observer)).as("the session that was ended").doesNotContain(before);
            await().atMost(Hosts.PATIENCE).until(() -> primary(observer).equals(node(observer, "a")));
            hosts.beforeZooKeeper("b").pass();
            hosts.beforeZooKeeper("c").pass();
            int then = ledger.acknowledged();
            await().atMost(Hosts.PATIENCE).until(() -> ledger.acknowledged() > then + SOME);
            assertThat(load.end()).as("a write that was refused").isEmpty();
        }
    }

    private static boolean isOf(String node, String host) {
        return node.startsWith(host + ".");
    }

    private static List<String> nodes(CuratorFramework observer) throws Exception {
        return observer.getChildren().forPath("/resilver/hosts");
    }

    private static String node(CuratorFramework observer, String host) throws Exception {
        return await().atMost(Hosts.PATIENCE)
                .until(
                        () -> nodes(observer).stream()
                                .filter(each -> isOf(each, host))
                                .toList(),
                        found -> found.size() == 1)
                .get(0);
    }

    /** The node that the volume's record names as its primary. */
    private static String primary(CuratorFramework observer) throws Exception {
        byte[] record = observer.getData().forPath("/resilver" + Paths.volume(Hosts.VOLUME));
        return VolumeRecordCodec.decode("the record", record)
                .primary()
                .orElseThrow()
                .name();
    }

    /** Ends a host's session as ZooKeeper has it: who knows its id and password opens it again and closes it. */
    private static void expire(Hosts hosts, String node) throws Exception {
        long session = HexFormat.fromHexDigitsToLong(node.substring(node.lastIndexOf('.') + 1));
        byte[] password = new byte[PASSWORD_BYTES];
        new Random(session ^ SERVERS_SECRET).nextBytes(password);
        CountDownLatch connected = new CountDownLatch(1);
        Watcher watcher = event -> {
            if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                connected.countDown();
            }
        };
        int timeout = (int) Hosts.SESSION.toMillis();
        ZooKeeper second = new ZooKeeper(hosts.connectString(), timeout, watcher, session, password);
        boolean isIn = connected.await(Hosts.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        second.close();
        assertThat(isIn).as("the session of " + node + " is opened again").isTrue();
    }
}
