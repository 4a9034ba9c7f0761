package io.resilver.plugin.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.resilver.spi.driver.DriverOptions;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.storage.StorageAdapterProvider;
import io.resilver.spi.storage.VolumeStore;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which stores a driver opens, and what closing leaves: no caller that waits, no store that is open. */
class OpenStoresTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final ReplicaId REPLICA = new ReplicaId(new VolumeId("vol"), "a");
    private static final Incarnation FIRST = new Incarnation("first");
    private static final Incarnation SECOND = new Incarnation("second");

    @TempDir
    Path directory;

    private final ScriptedAdapter adapter = new ScriptedAdapter();
    private final CountDownLatch gate = new CountDownLatch(1);
    private final CountDownLatch inside = new CountDownLatch(1);
    private Optional<ResilverDriver> driver = Optional.empty();

    @AfterEach
    void stop() throws RecoveryException {
        gate.countDown();
        if (driver.isPresent()) {
            driver.get().close();
        }
    }

    private ResilverDriver open(String closeMillis) throws Exception {
        Path folder = Files.createDirectories(directory.resolve("services/META-INF/services"));
        Files.writeString(
                folder.resolve(StorageAdapterProvider.class.getName()), ScriptedAdapter.Provider.class.getName());
        URL[] where = {directory.resolve("services").toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(where, getClass().getClassLoader())) {
            ResilverDriver opened =
                    ResilverDriver.open(DriverOptions.builder(new HostId("a"), directory.resolve("data"))
                            .loader(loader)
                            .set("resilver.coordination.mode", "external")
                            .set("resilver.driver.close-ms", closeMillis)
                            .lend(ScriptedAdapter.class, adapter)
                            .build());
            driver = Optional.of(opened);
            return opened;
        }
    }

    /** Blocks at the gate, once inside. */
    private void waitAtGate() {
        inside.countDown();
        boolean interrupted = false;
        while (true) {
            try {
                gate.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static Closing closing(ResilverDriver driver, boolean interrupted) {
        CompletableFuture<Boolean> ended = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
                driver.close();
                ended.complete(Thread.currentThread().isInterrupted());
            } catch (Throwable failed) {
                ended.completeExceptionally(failed);
            }
        });
        thread.start();
        return new Closing(thread, ended);
    }

    /** A close on a thread of its own; {@code ended} says whether that thread is interrupted after it. */
    private record Closing(Thread thread, CompletableFuture<Boolean> ended) {}

    private static <T> T get(CompletableFuture<T> stage) throws Exception {
        return stage.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private static Throwable failure(CompletableFuture<?> stage) throws Exception {
        try {
            get(stage);
            throw new AssertionError("it did not fail");
        } catch (ExecutionException failed) {
            return failed.getCause();
        }
    }

    @Test
    @DisplayName("R12: a store whose opening is under way while the driver closes is closed, and its caller hears so")
    void anOpeningUnderWayEnds() throws Exception {
        ResilverDriver opened = open("10000");
        adapter.onOpen = this::waitAtGate;
        CompletableFuture<VolumeStore> opening =
                opened.openReplica(REPLICA, FIRST).toCompletableFuture();
        inside.await();
        Closing closing = closing(opened, false);
        await().atMost(PATIENCE)
                .until(() -> opened.invalidateEpoch(REPLICA.volume(), 1)
                        .handle((nothing, failure) -> failure.getMessage())
                        .toCompletableFuture()
                        .join()
                        .contains("the driver is closed"));
        assertThat(opening).isNotDone();
        gate.countDown();
        get(closing.ended());
        assertThat(failure(opening)).isInstanceOf(CancelledException.class);
        assertThat(adapter.opened).hasSize(1).allMatch(store -> store.closed);
    }

    @Test
    @DisplayName("R12: an opening that outlasts the patience of the close leaves no caller behind, and no open store")
    void anOpeningThatHangsIsAnswered() throws Exception {
        ResilverDriver opened = open("50");
        adapter.onOpen = this::waitAtGate;
        adapter.onClose = gate::countDown;
        CompletableFuture<VolumeStore> opening =
                opened.openReplica(REPLICA, FIRST).toCompletableFuture();
        CompletableFuture<VolumeStore> next =
                opened.openReplica(REPLICA, SECOND).toCompletableFuture();
        inside.await();
        assertThatThrownBy(opened::close).isInstanceOf(RetriableException.class).hasMessageContaining("took longer");
        assertThat(opening).isCompletedExceptionally();
        assertThat(next).isCompletedExceptionally();
        await().atMost(PATIENCE).until(() -> adapter.opened.stream().allMatch(store -> store.closed));
    }

    @Test
    @DisplayName(
            "R12: a store whose close fails is open no more: the caller hears the failure, and it can be opened again")
    void aStoreThatFailsToCloseCanBeOpenedAgain() throws Exception {
        ResilverDriver opened = open("10000");
        get(opened.openReplica(REPLICA, FIRST).toCompletableFuture());
        RetriableException full = new RetriableException("the last flush failed", Duration.ZERO);
        adapter.onStoreClose = () -> {
            throw full;
        };
        assertThat(failure(opened.openReplica(REPLICA, SECOND).toCompletableFuture()))
                .isSameAs(full);
        VolumeStore again = get(opened.openReplica(REPLICA, SECOND).toCompletableFuture());
        adapter.onStoreClose = () -> {};
        assertThat(again).isSameAs(adapter.opened.get(1));
    }

    @Test
    @DisplayName(
            "R21: a driver that is closed by an interrupted thread is closed to the end, and the interrupt is kept")
    void anInterruptedCloseGoesToTheEnd() throws Exception {
        ResilverDriver opened = open("10000");
        get(opened.openReplica(REPLICA, FIRST).toCompletableFuture());
        CompletableFuture<Boolean> storeWasClosed = new CompletableFuture<>();
        CountDownLatch closed = new CountDownLatch(1);
        adapter.onStoreClose = () -> {
            waitAtGate();
            closed.countDown();
        };
        adapter.onClose = () -> storeWasClosed.complete(closed.getCount() == 0);
        Closing closing = closing(opened, true);
        inside.await();
        await().atMost(PATIENCE)
                .until(() -> storeWasClosed.isDone() || closing.thread().getState() == Thread.State.TIMED_WAITING);
        gate.countDown();
        assertThat(get(storeWasClosed)).isTrue();
        assertThat(get(closing.ended())).as("the interrupt").isTrue();
    }

    @Test
    @DisplayName("R1: a host holds one replica of a volume: a second one is refused, and taken once the first is gone")
    void oneReplicaOfAVolume() throws Exception {
        ResilverDriver opened = open("10000");
        ReplicaId second = new ReplicaId(REPLICA.volume(), "b");
        ReplicaId ofAnother = new ReplicaId(new VolumeId("other"), "b");
        adapter.onOpen = this::waitAtGate;
        CompletableFuture<VolumeStore> first =
                opened.openReplica(REPLICA, FIRST).toCompletableFuture();
        inside.await();
        Throwable refused = failure(opened.openReplica(second, FIRST).toCompletableFuture());
        assertThat(refused)
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining(REPLICA.toString())
                .hasMessageContaining("a host holds one replica of a volume");
        gate.countDown();
        get(first);
        assertThat(failure(opened.openReplica(second, FIRST).toCompletableFuture()))
                .isInstanceOf(PermanentException.class);
        get(opened.openReplica(ofAnother, FIRST).toCompletableFuture());
        get(opened.openReplica(REPLICA, SECOND).toCompletableFuture());
        assertThat(failure(opened.openReplica(second, FIRST).toCompletableFuture()))
                .isInstanceOf(PermanentException.class);
        get(opened.removeStore(REPLICA, SECOND).toCompletableFuture());
        get(opened.openReplica(second, FIRST).toCompletableFuture());
    }

    @Test
    @DisplayName("R1: a replica that could not be opened keeps no other one of its volume away")
    void aFailedOpeningHoldsNothing() throws Exception {
        ResilverDriver opened = open("10000");
        adapter.onOpen = () -> {
            throw new RetriableException("the disk is not there", Duration.ZERO);
        };
        assertThat(failure(opened.openReplica(REPLICA, FIRST).toCompletableFuture()))
                .isInstanceOf(RetriableException.class);
        adapter.onOpen = () -> {};
        get(opened.openReplica(new ReplicaId(REPLICA.volume(), "b"), FIRST).toCompletableFuture());
    }
}
