package io.resilver.coordination.curator;

import io.resilver.coordination.Paths;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.ACLProvider;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;

/** Makes Curator clients and their first connection. */
final class Clients {
    /** How long closing waits for the threads of ZooKeeper's client; they end at once unless a callback hangs. */
    private static final int CLOSE_WAIT_MILLIS = 5_000;

    /** The key that names the wait, for messages. */
    private static final String WAIT_KEY = "resilver.coordination.connect-timeout-ms";

    private Clients() {}

    static CuratorFramework start(CuratorSettings settings) {
        CuratorFrameworkFactory.Builder builder = CuratorFrameworkFactory.builder()
                .connectString(settings.connectString())
                .sessionTimeoutMs(Math.toIntExact(settings.sessionTimeout().toMillis()))
                .connectionTimeoutMs(
                        Math.toIntExact(settings.connectionTimeout().toMillis()))
                .retryPolicy((count, elapsed, sleeper) -> false)
                .canBeReadOnly(false)
                .ensembleTracker(false)
                .dontUseContainerParents()
                .waitForShutdownTimeoutMs(CLOSE_WAIT_MILLIS)
                .threadFactory(threads())
                .zkClientConfig(ClientConfigs.of(settings.tls()))
                .aclProvider(access(settings.identity()));
        settings.identity().ifPresent(who -> builder.authorization(who.scheme(), who.proof()));
        CuratorFramework client = builder.build();
        client.start();
        return client;
    }

    /** Waits for a server, then makes the parents; answers with the session timeout that was granted. */
    static Duration connect(CuratorFramework client, CuratorSettings settings) throws RecoveryException {
        long budget = settings.connectionTimeout().toMillis();
        try {
            if (!client.blockUntilConnected(Math.toIntExact(budget), TimeUnit.MILLISECONDS)) {
                throw unreachable(settings, Optional.empty());
            }
            String root = "/" + settings.namespace();
            ensure(client, root + Paths.HOSTS);
            ensure(client, root + Paths.VOLUMES);
            if (settings.identity().isPresent()) {
                for (String parent : List.of(root, root + Paths.HOSTS, root + Paths.VOLUMES)) {
                    ParentAccess.check(
                            parent,
                            client.getACL().forPath(parent),
                            settings.identity().get());
                }
            }
            return Duration.ofMillis(client.getZookeeperClient().getZooKeeper().getSessionTimeout());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw unreachable(settings, Optional.of(stopped));
        } catch (RecoveryException known) {
            throw known;
        } catch (KeeperException.NoAuthException | KeeperException.AuthFailedException refused) {
            throw new PermanentException(
                    "ZooKeeper at " + settings.connectString() + " refused this client under /" + settings.namespace()
                            + " (" + refused.code() + "): check that the identity of "
                            + CuratorSettings.Identity.USER_KEY + " and " + CuratorSettings.Identity.PASSWORD_KEY
                            + settings.identity().map(who -> "").orElse(", which are not set,")
                            + " is the one that the access list there names (getAcl in ZooKeeper's command line)",
                    refused);
        } catch (Exception lost) {
            throw unreachable(settings, Optional.of(lost));
        }
    }

    private static void ensure(CuratorFramework client, String path) throws Exception {
        try {
            client.create()
                    .creatingParentsIfNeeded()
                    .withMode(CreateMode.PERSISTENT)
                    .forPath(path, new byte[0]);
        } catch (KeeperException.NodeExistsException there) {
            client.checkExists().forPath(path);
        }
    }

    private static RetriableException unreachable(CuratorSettings settings, Optional<Exception> cause) {
        String what = "ZooKeeper at " + settings.connectString() + " did not answer within "
                + settings.connectionTimeout().toMillis()
                + " ms (" + WAIT_KEY + "): check the address and that a majority of its servers runs";
        return cause.map(why -> new RetriableException(what, Duration.ZERO, why))
                .orElseGet(() -> new RetriableException(what, Duration.ZERO));
    }

    /**
     * With an identity, every node and parent is its alone; without one, everybody's (R43). It is named where its name is
     * known: "whoever created it" would be the host's certificate too, and no other host has that.
     */
    private static ACLProvider access(Optional<CuratorSettings.Identity> identity) {
        List<ACL> all = identity.map(Clients::itsAlone).orElse(ZooDefs.Ids.OPEN_ACL_UNSAFE);
        return new ACLProvider() {
            @Override
            public List<ACL> getDefaultAcl() {
                return all;
            }

            @Override
            public List<ACL> getAclForPath(String path) {
                return all;
            }
        };
    }

    private static List<ACL> itsAlone(CuratorSettings.Identity identity) {
        // not List.of: ZooKeeper's client asks every list whether it contains null
        return identity.name()
                .map(who -> Collections.singletonList(new ACL(ZooDefs.Perms.ALL, who)))
                .orElse(ZooDefs.Ids.CREATOR_ALL_ACL);
    }

    private static ThreadFactory threads() {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, "resilver-coordination-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }
}
