package io.resilver.host.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.resilver.host.disk.CrashDisk;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.storage.StagedInstall;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What of the image waits for the disk: whoever waits for a sync of the log waits for that, too. */
class ImageSyncTest {
    private static final int MIB = 1 << 20;
    private static final int PIECE = 8 * MIB;
    private static final LineageElement ONE = Fixture.writer(1, 1);
    private static final LineageElement TWO = Fixture.writer(2, 500);
    private static final Path IMAGE = Fixture.DIRECTORY.resolve("gen-1").resolve("image");

    private final CrashDisk disk = new CrashDisk();
    private final List<Runnable> later = new ArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void end() {
        threads.shutdownNow();
    }

    private static void write(FileVolume volume, int at, String letter) throws RecoveryException {
        volume.append(ONE, (long) at * MIB, Fixture.bytes(letter.repeat(MIB)));
        volume.target().committed(volume.flush());
    }

    private void runAll() {
        while (!later.isEmpty()) {
            later.remove(0).run();
        }
    }

    @Test
    @DisplayName(
            "R21: long before a checkpoint is due, no more of the image waits for the disk than a few milliseconds take")
    void betweenCheckpoints() throws RecoveryException {
        FileVolume volume = FileVolume.open(
                disk,
                Fixture.DIRECTORY,
                VolumeOptions.DEFAULT,
                new Random(7),
                later::add,
                Fixture.REPLICA,
                Fixture.INCARNATION);
        for (int i = 0; i < 3 * PIECE / MIB; i++) {
            write(volume, i, "x");
            runAll();
            assertThat(disk.unsyncedBytes(IMAGE)).isLessThan(PIECE + MIB);
        }
        assertThat(volume.source().history().checkpointLsn()).isZero();
        volume.close();
    }

    @Test
    @DisplayName("R21: a patch is laid in such pieces, too")
    void whileAPatchIsLaid() throws RecoveryException {
        int ranges = 3 * PIECE / MIB;
        FileVolume volume = Fixture.open(disk, later::add);
        for (int i = 0; i <= ranges; i++) {
            write(volume, i, "x");
        }
        volume.checkpoint();
        String image = "y".repeat(ranges * MIB) + "x".repeat(MIB);
        BaseDescriptor base = new BaseDescriptor(500, new Lineage(List.of(ONE, TWO)), image.length(), MIB);
        try (StagedInstall install = volume.target().beginInstall(base)) {
            assertThat(Fixture.keepOrWriteAll(install, image.getBytes(StandardCharsets.US_ASCII)))
                    .isEqualTo(1);
            install.flush();
            install.commit();
        }
        AtomicLong most = new AtomicLong();
        disk.beforeRead(() -> most.accumulateAndGet(disk.unsyncedBytes(IMAGE), Math::max));
        runAll();
        assertThat(most).hasValueBetween((long) MIB, PIECE + 4L * MIB);
        ByteBuffer some = ByteBuffer.allocate(1);
        volume.read((long) ranges * MIB - 1, some);
        assertThat(Fixture.text(some.array())).isEqualTo("y");
        volume.close();
    }

    @Test
    @DisplayName("where the image cannot be made durable the store fails")
    void aSyncThatFails() throws RecoveryException {
        FileVolume volume = Fixture.open(disk, later::add);
        for (int i = 0; i < PIECE / MIB; i++) {
            write(volume, i, "x");
        }
        later.remove(0).run();
        assertThat(later).as("a sync of the image").hasSize(1);
        disk.failOnceAt(1);
        later.remove(0).run();
        assertThat(disk.hasFailed()).isTrue();
        assertThat(later).isEmpty();
        assertThatThrownBy(() -> write(volume, 0, "z")).isInstanceOf(PermanentException.class);
    }

    @Test
    @DisplayName("of a store that has failed meanwhile the image is not tried to be made durable without end")
    void aStoreThatHasFailed() throws RecoveryException {
        FileVolume volume = Fixture.open(disk, later::add);
        for (int i = 0; i < PIECE / MIB; i++) {
            write(volume, i, "x");
        }
        later.remove(0).run();
        volume.append(ONE, 0, Fixture.bytes("z"));
        disk.failOnceAt(1);
        assertThatThrownBy(volume::flush).isInstanceOf(PermanentException.class);
        assertThat(later).as("a sync of the image").hasSize(1);
        later.remove(0).run();
        assertThat(later).isEmpty();
    }

    @Test
    @DisplayName("R18: of two syncs at a time none says that all is well while the other finds that it is not")
    void twoSyncsAtATime() throws Exception {
        FileVolume volume = Fixture.open(disk, later::add);
        for (int i = 0; i < PIECE / MIB; i++) {
            write(volume, i, "x");
        }
        later.remove(0).run();
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch goesOn = new CountDownLatch(1);
        AtomicBoolean once = new AtomicBoolean();
        disk.beforeSync(() -> {
            if (once.compareAndSet(false, true)) {
                reached.countDown();
                try {
                    goesOn.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                disk.failOnceAt(1);
            }
        });
        CompletableFuture<Void> first = CompletableFuture.runAsync(later.remove(0), threads);
        assertThat(reached.await(1, TimeUnit.MINUTES)).isTrue();
        CompletableFuture<Thread> who = new CompletableFuture<>();
        CompletableFuture<Throwable> second = CompletableFuture.supplyAsync(
                () -> {
                    who.complete(Thread.currentThread());
                    return catchThrowable(volume::checkpoint);
                },
                threads);
        Thread waits = who.get(1, TimeUnit.MINUTES);
        while (waits.getState() != Thread.State.BLOCKED && !second.isDone()) {
            Thread.onSpinWait();
        }
        goesOn.countDown();
        first.get(1, TimeUnit.MINUTES);
        assertThat(second.get(1, TimeUnit.MINUTES)).isInstanceOf(PermanentException.class);
        assertThat(volume.source().history().checkpointLsn()).isZero();
    }
}
