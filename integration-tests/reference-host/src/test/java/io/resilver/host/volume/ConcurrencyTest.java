package io.resilver.host.volume;

import static io.resilver.host.volume.Fixture.bytes;
import static io.resilver.host.volume.Fixture.writer;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.host.disk.CrashDisk;
import io.resilver.host.disk.FileDisk;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several threads at one store. */
class ConcurrencyTest {
    private static final int WRITERS = 8;
    private static final LineageElement ONE = writer(1, 1);

    /** Group commit: those that wait while a sync is under way share the next one. */
    @Test
    void manyWritersShareASync() throws Exception {
        CrashDisk disk = new CrashDisk();
        FileVolume volume = Fixture.open(disk, Fixture.DIRECTORY, VolumeOptions.DEFAULT);
        AtomicInteger syncs = new AtomicInteger();
        disk.beforeSync(() -> {
            syncs.incrementAndGet();
            while (appended(volume) < WRITERS) {
                Thread.onSpinWait(); // the first sync waits until everybody has appended
            }
        });
        ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
        try {
            List<Future<Boolean>> done = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                done.add(threads.submit(() -> {
                    long lsn = volume.append(ONE, 0, bytes("x"));
                    return volume.flush() >= lsn;
                }));
            }
            for (Future<Boolean> one : done) {
                assertThat(one.get()).isTrue();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(syncs).hasValueLessThanOrEqualTo(2);
        volume.close();
    }

    private static long appended(FileVolume volume) {
        try {
            return volume.appendedLsn();
        } catch (RecoveryException e) {
            throw new AssertionError(e);
        }
    }

    /** R19: a cursor that has read all of a segment goes on, though the segment is let go of while it looks for more. */
    @Test
    void aCursorGoesOnWhenItsSegmentIsTrimmedUnderIt() throws RecoveryException {
        CrashDisk disk = new CrashDisk();
        try (FileVolume volume = Fixture.open(disk);
                LogPin pin = volume.source().pinLog(0);
                EntryCursor cursor = pin.open(0)) {
            volume.append(ONE, 0, bytes("a"));
            long first = volume.flush();
            assertThat(cursor.next(Long.MAX_VALUE, 100).last().lsn()).isEqualTo(first);
            volume.target().committed(first);
            volume.checkpoint(); // notes behind the entry what is committed: the cursor has not seen that yet
            pin.advance(first);
            AtomicInteger reads = new AtomicInteger();
            disk.beforeRead(() -> {
                if (reads.getAndIncrement() == 0) {
                    assertThat(trimTo(volume, first)).isEqualTo(first);
                }
            });
            assertThat(cursor.next(Long.MAX_VALUE, 100).previous().lsn()).isEqualTo(first);
            assertThat(reads).hasPositiveValue();
            volume.append(ONE, 0, bytes("b"));
            long second = volume.flush();
            assertThat(cursor.next(Long.MAX_VALUE, 100).last().lsn()).isEqualTo(second);
        }
    }

    private static long trimTo(FileVolume volume, long lsn) {
        try {
            return volume.trimTo(lsn);
        } catch (RecoveryException e) {
            throw new AssertionError(e);
        }
    }

    /** Views, cursors and reads stay right while the writer writes, commits, checkpoints and trims. */
    @Test
    void readersAreRightWhileTheWriterGoesOn(@TempDir Path directory) throws Exception {
        VolumeOptions options = new VolumeOptions(64 << 10, 256 << 10, 1 << 30, 128 << 10, 3);
        try (FileVolume volume = Fixture.open(new FileDisk(), directory, options)) {
            AtomicBoolean stop = new AtomicBoolean();
            ExecutorService threads = Executors.newFixedThreadPool(2);
            try {
                Future<Integer> writing = threads.submit(() -> write(volume, stop));
                Future<Integer> following = threads.submit(() -> follow(volume, stop));
                for (int round = 0; round < 30; round++) {
                    try (BasePin pin = volume.source().pinFullBase(0)) {
                        String first = Fixture.content(pin);
                        for (int i = 0; i < 5; i++) {
                            assertThat(Fixture.content(pin)).isEqualTo(first);
                        }
                    }
                }
                stop.set(true);
                assertThat(following.get()).isLessThanOrEqualTo(writing.get());
            } finally {
                stop.set(true);
                threads.shutdown();
            }
            assertThat(volume.openPins()).isZero();
        }
    }

    private static int write(FileVolume volume, AtomicBoolean stop) throws RecoveryException {
        Random random = new Random(5);
        int count = 0;
        for (; !stop.get(); count++) {
            String data = String.valueOf((char) ('a' + count % 26)).repeat(1 + random.nextInt(5000));
            volume.append(ONE, random.nextInt(300_000), bytes(data));
            volume.target().committed(volume.flush());
        }
        return count;
    }

    private static int follow(FileVolume volume, AtomicBoolean stop) throws RecoveryException {
        int count = 0;
        try (LogPin pin = volume.source().pinLog(volume.source().history().headLsn());
                EntryCursor cursor = pin.open(pin.afterLsn())) {
            long last = pin.afterLsn();
            while (!stop.get()) {
                EntryBatch batch = cursor.next(Long.MAX_VALUE, 10_000);
                assertThat(batch.previous().lsn()).isEqualTo(last);
                last = batch.last().lsn();
                pin.advance(last);
                count += batch.entries().size();
            }
        }
        return count;
    }
}
