package io.resilver.host.volume;

import static io.resilver.host.volume.Fixture.writer;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.host.disk.CrashDisk;
import io.resilver.host.volume.image.BlockWrite;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the image takes from memory is what the log has. */
class RecentTest {
    private static final Path LOG = Fixture.DIRECTORY.resolve("gen-1/log/00000000000000000000.seg");
    private static final LineageElement ONE = writer(1, 1);

    private final Recent recent = new Recent();

    private static LogEntry entry(long lsn, int bytes) {
        return new LogEntry(lsn, 1, new BlockWrite(lsn, ByteBuffer.allocate(bytes)).encode());
    }

    @Test
    @DisplayName("entries come in their order, each right behind the one before it, up to a bound")
    void inOrder() throws RecoveryException {
        recent.appended(5, List.of(entry(10, 1), entry(13, 1)));
        recent.appended(13, List.of(entry(20, 1)));
        assertThat(recent.takeAfter(4, 100)).as("there may be one between").isEmpty();
        assertThat(recent.takeAfter(5, 9)).as("not committed").isEmpty();
        assertThat(recent.takeAfter(5, 10).map(Recent.Kept::lsn)).contains(10L);
        assertThat(recent.takeAfter(13, 100).map(Recent.Kept::lsn))
                .as("13 was read")
                .contains(20L);
        assertThat(recent.takeAfter(20, 100)).isEmpty();
    }

    @Test
    @DisplayName("the oldest go where there are too many, and none is taken over the gap")
    void bounded() throws RecoveryException {
        int large = 1 << 20;
        for (long lsn = 1; lsn <= 20; lsn++) {
            recent.appended(lsn - 1, List.of(entry(lsn, large)));
        }
        assertThat(recent.takeAfter(0, 100)).isEmpty();
        int kept = 0;
        Optional<Recent.Kept> next = recent.takeAfter(5, 100);
        while (next.isPresent()) {
            kept++;
            next = recent.takeAfter(next.get().lsn(), 100);
        }
        assertThat((long) kept * large).isBetween(Recent.MOST_BYTES - 2L * large, Recent.MOST_BYTES);
    }

    @Test
    @DisplayName("the buffers of an append are not kept")
    void copies() throws RecoveryException {
        LogEntry entry = entry(1, 1);
        recent.appended(0, List.of(entry));
        entry.payload().duplicate().put(entry.payload().limit() - 1, (byte) 7);
        assertThat(recent.takeAfter(0, 1).orElseThrow().write().data().get(0)).isZero();
    }

    @Test
    @DisplayName("R30: what is committed soon after it was appended reaches the image without a look at the log")
    void fromMemory() throws RecoveryException {
        CrashDisk disk = new CrashDisk();
        FileVolume volume = Fixture.open(disk);
        long opened = disk.readBytes(LOG);
        volume.target().append(Fixture.batch(EntryId.NONE, ONE, 5, 0, "abc"));
        volume.flush();
        volume.target().committed(5);
        volume.flush();
        assertThat(Fixture.content(volume)).isEqualTo("abc");
        assertThat(disk.readBytes(LOG)).isEqualTo(opened);
    }

    @Test
    @DisplayName("R15: what was truncated never reaches the image, and what was written in its place does")
    void truncated() throws RecoveryException {
        CrashDisk disk = new CrashDisk();
        FileVolume volume = Fixture.open(disk);
        volume.target().append(Fixture.batch(EntryId.NONE, ONE, 5, 0, "abc"));
        volume.target().append(Fixture.batch(new EntryId(5, 1), ONE, 8, 0, "gone"));
        volume.flush();
        volume.target().truncateTo(5);
        volume.target().append(Fixture.batch(new EntryId(5, 1), writer(2, 6), 8, 1, "X"));
        volume.flush();
        volume.target().committed(8);
        volume.flush();
        assertThat(Fixture.content(volume)).isEqualTo("aXc");
        FileVolume again = Fixture.open(disk.restarted(new Random(1)));
        again.target().committed(8);
        assertThat(Fixture.content(again)).as("read from the log").isEqualTo("aXc");
    }
}
