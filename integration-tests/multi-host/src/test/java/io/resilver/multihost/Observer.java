package io.resilver.multihost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.coordination.Paths;
import io.resilver.coordination.VolumeRecordCodec;
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

/** A client of ZooKeeper that is no host: it sees what hosts have there, and ends a host's session as the server would. */
final class Observer implements AutoCloseable {
    private static final int TIMEOUT_MS = 30_000;

    /** From it and a session's id the server makes the session's password ({@code ZooKeeperServer.generatePasswd}). */
    private static final long SERVERS_SECRET = 0xB3415C00L;

    private static final int PASSWORD_BYTES = 16;

    private final String connectString;
    private final CuratorFramework client;

    Observer(String connectString) {
        this.connectString = connectString;
        this.client = CuratorFrameworkFactory.newClient(connectString, TIMEOUT_MS, TIMEOUT_MS, new RetryOneTime(100));
        client.start();
    }

    /** The nodes of a host that are there: one a session. */
    List<String> nodes(String host) throws Exception {
        return client.getChildren().forPath("/resilver" + Paths.HOSTS).stream()
                .filter(each -> each.startsWith(host + "."))
                .toList();
    }

    /** Waits until a host has one session, and answers its node. */
    String node(String host) {
        return await().atMost(Hosts.PATIENCE)
                .until(() -> nodes(host), found -> found.size() == 1)
                .get(0);
    }

    /** The node that the volume's record names as its primary. */
    String primary() throws Exception {
        byte[] record = client.getData().forPath("/resilver" + Paths.volume(Hosts.VOLUME));
        return VolumeRecordCodec.decode("the record", record)
                .primary()
                .orElseThrow()
                .name();
    }

    /** Ends the session of a node: who knows its id and password opens it again and closes it. */
    void end(String node) throws Exception {
        long session = HexFormat.fromHexDigitsToLong(node.substring(node.lastIndexOf('.') + 1));
        byte[] password = new byte[PASSWORD_BYTES];
        new Random(session ^ SERVERS_SECRET).nextBytes(password);
        CountDownLatch connected = new CountDownLatch(1);
        Watcher watcher = event -> {
            if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                connected.countDown();
            }
        };
        ZooKeeper second = new ZooKeeper(connectString, (int) Hosts.SESSION.toMillis(), watcher, session, password);
        boolean isIn = connected.await(Hosts.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        second.close();
        assertThat(isIn).as("the session of " + node + " is opened again").isTrue();
    }

    @Override
    public void close() {
        client.close();
    }
}
