package io.resilver.coordination;

import static org.awaitility.Awaitility.await;

import io.resilver.coordination.curator.CuratorSettings;
import io.resilver.coordination.curator.CuratorStore;
import io.resilver.coordination.server.EmbeddedZooKeeper;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.zookeeper.ZooKeeper;

/** A real server for tests, and what tests do with it. */
public final class Ensemble implements AutoCloseable {
    /** Long enough that no session of a busy test machine ends by itself. */
    public static final Duration SESSION = Duration.ofSeconds(10);

    public static final Duration TICK = Duration.ofMillis(500);

    private final EmbeddedZooKeeper server;

    public Ensemble(Path directory) throws Exception {
        server = EmbeddedZooKeeper.start(
                new EmbeddedZooKeeper.Settings(directory, OptionalInt.empty(), TICK, Duration.ofSeconds(30)));
    }

    public String connectString() {
        return server.connectString();
    }

    public CuratorStore client(String namespace) throws Exception {
        return client(namespace, Optional.empty());
    }

    public CuratorStore client(String namespace, Optional<CuratorSettings.Identity> identity) throws Exception {
        return CuratorStore.open(
                new CuratorSettings(server.connectString(), namespace, SESSION, Duration.ofSeconds(20), identity));
    }

    /** A plain client, closed with the test. */
    public record Raw(ZooKeeper client) implements AutoCloseable {
        @Override
        public void close() {
            try {
                client.close();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        }
    }

    public Raw raw() throws Exception {
        return new Raw(new ZooKeeper(server.connectString(), 10_000, event -> {}));
    }

    /**
     * Really ends a session: a second client moves it to itself and closes it. The password is what the server made of the
     * session's id; see {@code ZooKeeperServer.generatePasswd}.
     */
    public void expire(long session) throws Exception {
        expire(server.connectString(), session);
    }

    /** The same, in any ensemble. */
    public static void expire(String connectString, long session) throws Exception {
        byte[] password = new byte[16];
        new Random(session ^ 0xB3415C00L).nextBytes(password);
        try (Raw thief = new Raw(new ZooKeeper(connectString, 10_000, event -> {}, session, password))) {
            await().until(() -> thief.client().getState() == ZooKeeper.States.CONNECTED);
        }
    }

    /** Waits for a stage, at most as long as a test may last. */
    public static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    /** Waits for a stage to fail and answers with what it failed with. */
    public static Throwable failure(CompletionStage<?> stage) throws InterruptedException, TimeoutException {
        try {
            stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
            throw new AssertionError("it did not fail");
        } catch (ExecutionException failed) {
            return failed.getCause();
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
