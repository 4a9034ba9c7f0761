package io.resilver.host.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.host.disk.CrashDisk;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.MintId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Entries are brought into the image beside what else is done to the store. */
class AppliedBesideTest {
    private static final int BLOCK = 4 << 10;
    private static final LineageElement ONE = Fixture.writer(1, 1);

    /** Of a part of a block each, so that the rest of it is read when they are applied. */
    private static final String DATA = "x".repeat(BLOCK - 96);

    /** So many that they are worth being applied. */
    private static final int ENOUGH = 300;

    /** More than may wait for the image. */
    private static final int TOO_MANY = 2_500;

    private final CrashDisk disk = new CrashDisk();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch goesOn = new CountDownLatch(1);
    private long head;

    @AfterEach
    void end() {
        goesOn.countDown();
        threads.shutdownNow();
    }

    private FileVolume open(Executor executor) throws RecoveryException {
        return open(executor, VolumeOptions.DEFAULT);
    }

    private FileVolume open(Executor executor, VolumeOptions options) throws RecoveryException {
        return FileVolume.open(
                disk, Fixture.DIRECTORY, options, new Random(7), executor, Fixture.REPLICA, Fixture.INCARNATION);
    }

    /** Every block has something that an entry leaves as it is. */
    private FileVolume filled(Executor executor, int blocks) throws RecoveryException {
        FileVolume volume = open(executor);
        head = volume.append(ONE, 0, Fixture.bytes("o".repeat(blocks * BLOCK)));
        volume.target().committed(volume.flush());
        volume.checkpoint();
        return volume;
    }

    private void append(FileVolume volume, int from, int count) throws RecoveryException {
        for (int i = from; i < from + count; i++) {
            volume.target().append(Fixture.batch(new EntryId(head, 1), ONE, head + 1, (long) i * BLOCK, DATA));
            head++;
        }
    }

    private long written(FileVolume volume, int from, int count) throws RecoveryException {
        append(volume, from, count);
        return volume.flush();
    }

    private static String content(int blocks) {
        return (DATA + "o".repeat(BLOCK - DATA.length())).repeat(blocks);
    }

    /** The first time that something is read for an entry that is applied, this stands still until it may go on. */
    private void standStill() {
        AtomicBoolean once = new AtomicBoolean();
        disk.beforeRead(() -> {
            if (framed("keep") && once.compareAndSet(false, true)) {
                reached.countDown();
                uninterrupted(goesOn);
            }
        });
    }

    private static boolean framed(String method) {
        return Arrays.stream(new Throwable().getStackTrace())
                .anyMatch(frame -> frame.getMethodName().equals(method));
    }

    private static void uninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private interface Part {
        void run() throws RecoveryException;
    }

    private CompletableFuture<Boolean> beside(Part part) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        part.run();
                        return true;
                    } catch (RecoveryException e) {
                        throw new AssertionError(e);
                    }
                },
                threads);
    }

    @Test
    @DisplayName("R3, R16: entries are appended, flushed and seen, and a promise is made, while others are applied")
    void theStoreGoesOn() throws Exception {
        FileVolume volume = filled(threads, ENOUGH + 10);
        long some = written(volume, 0, ENOUGH);
        standStill();
        volume.target().committed(some);
        assertThat(reached.await(1, TimeUnit.MINUTES)).isTrue();
        Epoch promised = new Epoch(9, new MintId("p"));
        CompletableFuture<Boolean> done = beside(() -> {
            volume.target().committed(written(volume, ENOUGH, 10));
            volume.target().promise(promised);
        });
        assertThat(done.get(1, TimeUnit.MINUTES)).isTrue();
        assertThat(volume.target().position().flushedLsn()).isEqualTo(head);
        assertThat(volume.target().promise()).contains(promised);
        ByteBuffer seen = ByteBuffer.allocate(DATA.length());
        volume.read((ENOUGH + 9L) * BLOCK, seen);
        assertThat(Fixture.text(seen.array())).as("committed meanwhile").isEqualTo(DATA);
        assertThat(volume.target().position().truncationFloorLsn())
                .as("applied or committed")
                .isLessThanOrEqualTo(head);
        goesOn.countDown();
        assertThat(Fixture.content(volume)).isEqualTo(content(ENOUGH + 10));
        volume.close();
        assertThat(Fixture.content(open(threads))).isEqualTo(content(ENOUGH + 10));
    }

    @Test
    @DisplayName("no more entries wait for the image than may: who tells of more waits with them")
    void aLimit() throws Exception {
        FileVolume volume = filled(threads, TOO_MANY);
        long some = written(volume, 0, ENOUGH);
        standStill();
        volume.target().committed(some);
        assertThat(reached.await(1, TimeUnit.MINUTES)).isTrue();
        assertThat(beside(() -> written(volume, ENOUGH, TOO_MANY - ENOUGH)).get(1, TimeUnit.MINUTES))
                .isTrue();
        long all = head;
        CompletableFuture<Thread> who = new CompletableFuture<>();
        CompletableFuture<Boolean> told = beside(() -> {
            who.complete(Thread.currentThread());
            volume.target().committed(all);
        });
        Thread teller = who.get(1, TimeUnit.MINUTES);
        while (teller.getState() != Thread.State.WAITING && !told.isDone()) {
            Thread.onSpinWait();
        }
        assertThat(told).as("told of all").isNotDone();
        assertThat(beside(() -> volume.target().committed(some)).get(1, TimeUnit.MINUTES))
                .as("what was told before")
                .isTrue();
        goesOn.countDown();
        assertThat(told.get(1, TimeUnit.MINUTES)).isTrue();
        assertThat(Fixture.content(volume)).isEqualTo(content(TOO_MANY));
        volume.close();
    }

    @Test
    @DisplayName("one task at a time brings entries into the image, however often the store hears of more meanwhile")
    void oneTask() throws Exception {
        AtomicInteger tasks = new AtomicInteger();
        FileVolume volume = filled(
                work -> {
                    tasks.incrementAndGet();
                    threads.execute(work);
                },
                ENOUGH + 50);
        long some = written(volume, 0, ENOUGH);
        tasks.set(0);
        standStill();
        volume.target().committed(some);
        assertThat(reached.await(1, TimeUnit.MINUTES)).isTrue();
        for (int i = 0; i < 50; i++) {
            volume.target().committed(written(volume, ENOUGH + i, 1));
        }
        assertThat(tasks).hasValue(1);
        goesOn.countDown();
        volume.close();
    }

    @Test
    @DisplayName("a checkpoint is due once enough was applied beside, also when nothing is told any more")
    void aCheckpointIsDue() throws Exception {
        filled(Runnable::run, ENOUGH).close();
        List<Runnable> later = new ArrayList<>();
        FileVolume volume = open(later::add, new VolumeOptions(64 << 20, 512 << 10, 1 << 30, 1 << 30, 1));
        volume.target().committed(written(volume, 0, ENOUGH));
        assertThat(later).as("nothing is applied yet").hasSize(1);
        later.remove(0).run();
        assertThat(later).as("a checkpoint").hasSize(1);
        later.remove(0).run();
        assertThat(volume.source().history().checkpointLsn()).isGreaterThan(1);
        assertThat(later).isEmpty();
        volume.close();
    }

    @Test
    @DisplayName("R20: a checkpoint is taken, though entries are committed as fast as others are applied")
    void aCheckpointEnds() throws Exception {
        int most = 5 * ENOUGH;
        FileVolume volume = filled(threads, ENOUGH + most);
        long some = written(volume, 0, ENOUGH / 2); // too few to be applied at once
        volume.target().committed(some);
        AtomicInteger more = new AtomicInteger();
        disk.beforeRead(() -> {
            boolean applying = framed("keep") && !framed("freeze"); // then the store is held
            if (applying && more.get() < most) {
                int block = ENOUGH + more.getAndIncrement();
                beside(() -> volume.target().committed(written(volume, block, 1)))
                        .join();
            }
        });
        assertThat(volume.checkpoint()).isGreaterThanOrEqualTo(some);
        assertThat(more).as("committed while it was taken").hasPositiveValue().hasValueLessThanOrEqualTo(ENOUGH);
        volume.close();
    }

    @Test
    @DisplayName("R18: damage that is found beside is told to whoever tells of more")
    void damageIsTold() throws Exception {
        CompletableFuture<Runnable> later = new CompletableFuture<>();
        FileVolume volume = filled(Runnable::run, 2 * ENOUGH);
        volume.close();
        FileVolume again = open(later::complete);
        long some = written(again, 0, ENOUGH);
        disk.flip(Fixture.DIRECTORY.resolve("gen-1").resolve("image"), BLOCK - 1, 1);
        again.target().committed(some);
        later.get(1, TimeUnit.MINUTES).run();
        long more = written(again, ENOUGH, ENOUGH);
        assertThatThrownBy(() -> again.target().committed(more)).isInstanceOf(CorruptException.class);
    }

    @Test
    @DisplayName("an executor that takes no more work does not keep entries from the image")
    void noExecutor() throws Exception {
        FileVolume volume = filled(
                work -> {
                    throw new RejectedExecutionException("no more");
                },
                ENOUGH);
        long before = disk.writtenBytes();
        long all = written(volume, 0, ENOUGH);
        long logged = disk.writtenBytes() - before;
        volume.target().committed(all);
        assertThat(disk.writtenBytes() - before - logged)
                .as("written to the image")
                .isGreaterThan(1 << 20);
        assertThat(Fixture.content(volume)).isEqualTo(content(ENOUGH));
        volume.close();
    }
}
