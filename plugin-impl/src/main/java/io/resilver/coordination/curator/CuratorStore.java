package io.resilver.coordination.curator;

import io.resilver.coordination.Answer;
import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.HostNode;
import io.resilver.coordination.Paths;
import io.resilver.coordination.Versioned;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.HostId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher;

/**
 * The coordination store over ZooKeeper. Every change is one transaction, sent once: Curator's own retries are off, since a
 * change that is sent again after a lost answer may be applied twice (R35). Paths are made absolute here and Curator's
 * namespace is not used, because it makes the namespace a container node, which ZooKeeper deletes when it is empty.
 */
public final class CuratorStore implements CoordinationStore {
    private static final int ANY_VERSION = -1;
    private static final long NO_SESSION = 0;

    private final CuratorFramework client;
    private final String root;
    private final Duration sessionTimeout;
    private final Watcher watcher = event -> hinted();
    private volatile Runnable hint = () -> {};

    private CuratorStore(CuratorFramework client, String root, Duration sessionTimeout) {
        this.client = client;
        this.root = root;
        this.sessionTimeout = sessionTimeout;
    }

    /**
     * Connects and makes the parents that are not there yet. Blocks until a server answered, at most the connection
     * timeout and the time it takes to close again; with TLS each server is asked once before that.
     *
     * @param settings how to reach the ensemble
     * @return the open store
     * @throws RetriableException when no server answered in time: nothing is left running
     * @throws PermanentException when this client was refused: nothing is left running
     */
    public static CuratorStore open(CuratorSettings settings) throws RecoveryException {
        if (settings.tls().isPresent()) {
            TlsCheck.check(settings, settings.tls().get());
        }
        CuratorFramework client = Clients.start(settings);
        CuratorStore store = null;
        try {
            Duration granted = Clients.connect(client, settings);
            store = new CuratorStore(client, "/" + settings.namespace(), granted);
            store.watch();
            return store;
        } finally {
            if (store == null) {
                client.close();
            }
        }
    }

    @Override
    public CompletionStage<Optional<Versioned<byte[]>>> read(String path) {
        return caughtUp(
                        path,
                        then -> client.getData()
                                .inBackground((c, event) -> then.accept(event))
                                .forPath(absolute(path)))
                .thenCompose(event -> {
                    if (code(event) == KeeperException.Code.NONODE) {
                        return CompletableFuture.completedFuture(Optional.empty());
                    }
                    return failed(event, path)
                            ? broken(event, path)
                            : CompletableFuture.completedFuture(Optional.of(new Versioned<>(
                                    event.getData(), event.getStat().getVersion())));
                });
    }

    @Override
    public CompletionStage<Set<String>> children(String path) {
        return caughtUp(
                        path,
                        then -> client.getChildren()
                                .inBackground((c, event) -> then.accept(event))
                                .forPath(absolute(path)))
                .thenCompose(event -> {
                    if (code(event) == KeeperException.Code.NONODE) {
                        return CompletableFuture.completedFuture(Set.of());
                    }
                    return failed(event, path)
                            ? broken(event, path)
                            : CompletableFuture.completedFuture(new HashSet<>(event.getChildren()));
                });
    }

    /** Reads once the server has caught up. */
    private CompletionStage<CuratorEvent> caughtUp(String path, Send read) {
        CompletableFuture<CuratorEvent> synced = ask(then -> client.sync()
                        .inBackground((c, event) -> then.accept(event))
                        .forPath(absolute(path)))
                .thenCompose(
                        event -> failed(event, path) ? broken(event, path) : CompletableFuture.completedFuture(event));
        return ReadAfterSync.of(synced, () -> ask(read));
    }

    @Override
    public CompletionStage<Answer> create(String path, String mark, byte[] data, Set<String> checks) {
        return createOnce(path, mark, data, checks).thenCompose(answer -> {
            if (!(answer instanceof Answer.Missing missing) || !missing.path().equals(path)) {
                return CompletableFuture.completedFuture(answer);
            }
            // the bucket is not there yet: make it, whoever else does too, and ask once more
            String parent = path.substring(0, path.lastIndexOf('/'));
            return ask(then -> client.create()
                            .creatingParentsIfNeeded()
                            .withMode(CreateMode.PERSISTENT)
                            .inBackground((c, event) -> then.accept(event))
                            .forPath(absolute(parent), new byte[0]))
                    .thenCompose(made -> createOnce(path, mark, data, checks));
        });
    }

    private CompletionStage<Answer> createOnce(String path, String mark, byte[] data, Set<String> checks) {
        return transact(path, checks, () -> List.of(made(path, data), made(path + "/" + mark, new byte[0])))
                .thenApply(answer -> answer instanceof Answer.Applied ? new Answer.Applied(0) : answer);
    }

    private CuratorOp made(String path, byte[] data) throws Exception {
        return client.transactionOp().create().withMode(CreateMode.PERSISTENT).forPath(absolute(path), data);
    }

    @Override
    public CompletionStage<Answer> compareAndSet(String path, byte[] data, int version, Set<String> checks) {
        return transact(
                path,
                checks,
                () -> List.of(
                        client.transactionOp().setData().withVersion(version).forPath(absolute(path), data)));
    }

    @Override
    public CompletionStage<Answer> delete(String path, String mark, int version, Set<String> checks) {
        return transact(
                        path,
                        checks,
                        () -> List.of(
                                client.transactionOp().delete().forPath(absolute(path + "/" + mark)),
                                client.transactionOp()
                                        .delete()
                                        .withVersion(version)
                                        .forPath(absolute(path))))
                .thenApply(answer -> answer instanceof Answer.Applied ? new Answer.Applied(version) : answer);
    }

    /** Makes what a transaction changes, after its checks, which may throw before anything is sent. */
    @FunctionalInterface
    private interface Operations {
        List<CuratorOp> make() throws Exception;
    }

    private CompletionStage<Answer> transact(String path, Set<String> checks, Operations change) {
        List<String> checked = List.copyOf(checks);
        return ask(then -> {
                    List<CuratorOp> all = new ArrayList<>();
                    for (String each : checked) {
                        all.add(client.transactionOp().check().forPath(absolute(each)));
                    }
                    all.addAll(change.make());
                    client.transaction()
                            .inBackground((c, event) -> then.accept(event))
                            .forOperations(all);
                })
                .thenApply(event -> Answers.ofTransaction(event, checked, path))
                .exceptionally(CuratorStore::unknown);
    }

    @Override
    public CompletionStage<HostNode> openHostNode(HostId host, byte[] data) {
        HostNode node;
        try {
            node = new HostNode(host, session());
        } catch (Exception notConnected) {
            return CompletableFuture.failedFuture(
                    new RetriableException("no session with ZooKeeper now", Duration.ZERO, notConnected));
        }
        if (node.session() == NO_SESSION) {
            return CompletableFuture.failedFuture(
                    new RetriableException("ZooKeeper gave no session yet", Duration.ZERO));
        }
        String path = Paths.host(node);
        return ask(then -> client.create()
                        .withMode(CreateMode.EPHEMERAL)
                        .inBackground((c, event) -> then.accept(event))
                        .forPath(absolute(path), data))
                .thenCompose(made -> code(made) != KeeperException.Code.NODEEXISTS && failed(made, path)
                        ? broken(made, path)
                        : ask(then -> client.checkExists()
                                .inBackground((c, event) -> then.accept(event))
                                .forPath(absolute(path))))
                .thenCompose(event -> {
                    if (failed(event, path)) {
                        return broken(event, path);
                    }
                    return event.getStat().getEphemeralOwner() == node.session()
                            ? CompletableFuture.completedFuture(node)
                            : misnamed(node);
                });
    }

    /** A session may end between asking for its id and making the node: then the name lies, and must not stay. */
    private CompletionStage<HostNode> misnamed(HostNode node) {
        return ask(then -> client.delete()
                        .inBackground((c, event) -> then.accept(event))
                        .forPath(absolute(Paths.host(node))))
                .thenCompose(deleted -> CompletableFuture.failedFuture(new RetriableException(
                        "the session of host node " + node + " ended while it was made", Duration.ZERO)));
    }

    @Override
    public CompletionStage<Answer> heartbeat(HostNode node, byte[] data) {
        String path = Paths.host(node);
        Optional<Answer> before = unlessOfPresentSession(node);
        if (before.isPresent()) {
            return CompletableFuture.completedFuture(before.get());
        }
        return ask(then -> client.setData()
                        .withVersion(ANY_VERSION)
                        .inBackground((c, event) -> then.accept(event))
                        .forPath(absolute(path), data))
                // asked again, since it may have been sent in a session that began meanwhile
                .thenApply(event -> unlessOfPresentSession(node).orElseGet(() -> Answers.ofOne(event, path)))
                .exceptionally(CuratorStore::unknown);
    }

    @Override
    public CompletionStage<Answer> closeHostNode(HostNode node) {
        String path = Paths.host(node);
        return ask(then -> client.delete()
                        .inBackground((c, event) -> then.accept(event))
                        .forPath(absolute(path)))
                .thenApply(event -> Answers.ofOne(event, path))
                .exceptionally(CuratorStore::unknown);
    }

    /** The answer when the node is of a session that the client gave up, or when nobody can say; empty when it is not. */
    private Optional<Answer> unlessOfPresentSession(HostNode node) {
        try {
            return session() == node.session() ? Optional.empty() : Optional.of(new Answer.Missing(Paths.host(node)));
        } catch (Exception notConnected) {
            return Optional.of(new Answer.Unknown(notConnected.toString()));
        }
    }

    /** The session's id, 0 until the server gave it; fails when the connection was lost for long. */
    private long session() throws Exception {
        return client.getZookeeperClient().getZooKeeper().getSessionId();
    }

    @Override
    public Duration sessionTimeout() {
        return sessionTimeout;
    }

    @Override
    public void onHint(Runnable task) {
        hint = task;
    }

    @Override
    public void close() {
        hint = () -> {};
        client.close();
    }

    private String absolute(String path) {
        return root + path;
    }

    /** One persistent watch on the hosts, set again on every connection: a new session has none (R40). */
    private void watch() {
        client.getConnectionStateListenable().addListener((c, state) -> {
            if (state.isConnected()) {
                setWatch();
            }
            hinted();
        });
        setWatch();
    }

    private void setWatch() {
        try {
            client.watchers()
                    .add()
                    .withMode(AddWatchMode.PERSISTENT)
                    .inBackground()
                    .usingWatcher(watcher)
                    .forPath(absolute(Paths.HOSTS));
        } catch (Exception lost) { // set again on the next connection; hosts are also read without a hint
            hinted();
        }
    }

    private void hinted() {
        hint.run();
    }

    /** Sends something through Curator, which may throw when it is closed, and waits for its event. */
    @FunctionalInterface
    private interface Send {
        void send(Consumer<CuratorEvent> then) throws Exception;
    }

    private CompletableFuture<CuratorEvent> ask(Send send) {
        CompletableFuture<CuratorEvent> answer = new CompletableFuture<>();
        try {
            send.send(answer::complete);
        } catch (Exception notSent) {
            answer.completeExceptionally(new RetriableException(
                    "the request to ZooKeeper was not sent: " + notSent, Duration.ZERO, notSent));
        }
        return answer;
    }

    private static Answer unknown(Throwable error) {
        return new Answer.Unknown(String.valueOf(error.getMessage()));
    }

    private static KeeperException.Code code(CuratorEvent event) {
        return Answers.code(event);
    }

    private static boolean failed(CuratorEvent event, String path) {
        return !(Answers.ofOne(event, path) instanceof Answer.Applied);
    }

    private static <T> CompletableFuture<T> broken(CuratorEvent event, String path) {
        Answer answer = Answers.ofOne(event, path);
        return CompletableFuture.failedFuture(
                answer instanceof Answer.Denied denied
                        ? new PermanentException("ZooKeeper refused " + path + " (" + denied.why()
                                + "): check the identity and the access lists")
                        : new RetriableException(
                                "ZooKeeper gave no answer about " + path + " (" + code(event) + ")", Duration.ZERO));
    }
}
