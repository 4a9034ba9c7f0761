package io.resilver.host.volume;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.host.disk.CrashDisk;
import io.resilver.host.volume.image.BlockWrite;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What entries that come in batches cost their disk, counted: a gate that no clock is needed for. */
class CatchUpCostTest {
    private static final LineageElement ONE = Fixture.writer(1, 1);
    private static final int BLOCK = 4 << 10;
    private static final int MIB = 1 << 20;
    private static final int ENTRIES_PER_BATCH = MIB / BLOCK;
    private static final int BATCHES = 32;

    /** A group of batches that one force makes durable. */
    private static final int GROUP = 4;

    /** A MiB is written in about five pieces to the log, and in as many to the image and to its checksums. */
    private static final int CALLS_PER_BATCH = 15;

    private final CrashDisk disk = new CrashDisk();
    private final AtomicInteger syncs = new AtomicInteger();
    private FileVolume volume;
    private long bytesBefore;
    private long changesBefore;

    /** All entries have come, and are committed and in the image. */
    @BeforeEach
    void caughtUp() throws RecoveryException {
        volume = FileVolume.open(
                disk,
                Fixture.DIRECTORY,
                VolumeOptions.DEFAULT,
                new Random(7),
                Runnable::run,
                Fixture.REPLICA,
                Fixture.INCARNATION);
        disk.beforeSync(syncs::incrementAndGet);
        bytesBefore = disk.writtenBytes();
        changesBefore = disk.changes();
        for (int i = 0; i < BATCHES; i++) {
            append(i);
            if (i % GROUP == GROUP - 1) {
                volume.target().committed(volume.flush());
            }
        }
    }

    private void append(int batch) throws RecoveryException {
        long before = (long) batch * ENTRIES_PER_BATCH;
        List<LogEntry> entries = new ArrayList<>();
        for (long i = before; i < before + ENTRIES_PER_BATCH; i++) {
            entries.add(new LogEntry(i + 1, 1, new BlockWrite(i * BLOCK, ByteBuffer.allocate(BLOCK)).encode()));
        }
        EntryId previous = batch == 0 ? EntryId.NONE : new EntryId(before, 1);
        volume.target().append(new EntryBatch(previous, entries, List.of(ONE)));
    }

    @Test
    @DisplayName("R51: an entry's bytes are written once to the log and once to the image, and read from neither")
    void onceEach() throws IOException {
        long payload = (long) BATCHES * MIB;
        assertThat(disk.writtenBytes() - bytesBefore).isBetween(2 * payload, 2 * payload + payload / 50);
        for (Path file : disk.files().keySet()) {
            assertThat(disk.readBytes(file)).as("read from %s", file).isLessThan(MIB);
        }
    }

    @Test
    @DisplayName("R51: calls of the disk go with batches and groups, not with entries")
    void callsOfTheDisk() {
        assertThat(syncs).hasValueLessThanOrEqualTo(3 * BATCHES / GROUP);
        assertThat(disk.changes() - changesBefore).isLessThanOrEqualTo((long) CALLS_PER_BATCH * BATCHES);
    }
}
