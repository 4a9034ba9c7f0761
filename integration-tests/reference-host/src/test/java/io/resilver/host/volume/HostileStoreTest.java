package io.resilver.host.volume;

import static io.resilver.host.volume.Fixture.bytes;
import static io.resilver.host.volume.Fixture.entries;
import static io.resilver.host.volume.Fixture.writer;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.host.disk.CrashDisk;
import io.resilver.hostile.Inputs;
import io.resilver.hostile.Mutator;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.StoreIdentity;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * A closed store whose files are nearly right: its log, and the meta file, which says whose store it is, what it has promised,
 * which generation is live and up to where its checkpoint reaches.
 */
class HostileStoreTest {
    /** Of a record of the log: where its length is, and its type, and the type of a note of what is committed. */
    private static final int LENGTH_AT = 4;

    private static final int TYPE_AT = 12;
    private static final byte NOTE = 3;

    private static final LineageElement ONE = writer(1, 1);
    private static final LineageElement TWO = writer(2, 201);
    private static final StoreIdentity IDENTITY = new StoreIdentity(new io.resilver.spi.model.StoreId("store-1"), 3);
    private static final Epoch PROMISE = new Epoch(3, new MintId("m3"));

    /** A few segments of 400 bytes and what it takes to read them. */
    private static final long MOST_BYTES = 8 << 20;

    /** Opening a store costs more than reading a frame. */
    private static final int SHARE = 10;

    /** Inputs for one store, which costs more to open than its log to read. */
    private static final int ROUNDS = 20;

    /** An entry that is well summed may be anywhere in a volume: what is behind this is refused by the disk. */
    private static final long LONGEST = 1 << 20;

    /** What the files say that was written. */
    private record Written(
            List<EntryId> entries, ReplicaPosition position, StoreIdentity identity, Optional<Epoch> promise) {
        static Written of(FileVolume volume) throws RecoveryException {
            return new Written(
                    HostileStoreTest.entriesOf(volume),
                    volume.target().position(),
                    volume.target().identity(),
                    volume.target().promise());
        }
    }

    @Test
    @DisplayName(
            "R3, R20, R36: a store whose files were changed is refused by file and place, untouched, or has every entry, its"
                    + " identity and its promise as they were")
    void nearlyRight() throws RecoveryException {
        CrashDisk good = filled();
        Written written = written(good);
        List<Path> files = logAndMeta(good);
        Path newest = files.stream()
                .filter(file -> file.toString().endsWith(".seg"))
                .max(Comparator.naturalOrder())
                .orElseThrow();
        int[] refused = new int[1];
        Inputs.triedLess(1, SHARE, MOST_BYTES, random -> {
            CrashDisk disk = good.restarted(random);
            Path file = files.get(random.nextInt(files.size()));
            byte[] right = disk.bytes(file);
            byte[] wrong = new Mutator(random).mutate(right, disk.bytes(files.get(random.nextInt(files.size()))));
            disk.replace(file, wrong);
            if (!open(disk, file, wrong.length, written)) {
                refused[0]++;
            } else {
                // Behind the last entry of the newest segment is what a crash leaves of a write: that is cut off.
                boolean torn = file.equals(newest) && Arrays.equals(right, Arrays.copyOf(wrong, right.length));
                // A note of what is committed says no more than those that follow it: one that was cut off is not
                // missed.
                boolean noted = wrong.length < right.length
                        && Arrays.equals(wrong, Arrays.copyOf(right, wrong.length))
                        && areNotes(ByteBuffer.wrap(right, wrong.length, right.length - wrong.length)
                                .slice());
                assertThat(torn || noted || Arrays.equals(right, wrong))
                        .as("%s was changed and taken", file)
                        .isTrue();
            }
        });
        assertThat(refused[0]).isPositive();
    }

    /** Whether these are whole records of that type, and nothing else. */
    private static boolean areNotes(ByteBuffer records) {
        while (records.hasRemaining()) {
            int length = records.remaining() > TYPE_AT ? records.getInt(records.position() + LENGTH_AT) : 0;
            if (length <= TYPE_AT
                    || length > records.remaining()
                    || records.get(records.position() + TYPE_AT) != NOTE) {
                return false;
            }
            records.position(records.position() + length);
        }
        return true;
    }

    private static boolean open(CrashDisk disk, Path changed, int length, Written written) throws RecoveryException {
        Map<Path, String> before = disk.contents();
        try (FileVolume volume = Fixture.open(disk)) {
            assertThat(Written.of(volume)).isEqualTo(written);
            return true;
        } catch (CorruptException refused) {
            assertThat(refused.where()).startsWith(Fixture.DIRECTORY.toString());
            if (refused.where().equals(changed.toString())) {
                assertThat(refused.offset()).isBetween(0L, (long) length);
            }
            assertThat(disk.contents()).as("nothing is changed by looking").isEqualTo(before);
            return false;
        }
    }

    @Test
    @DisplayName(
            "R9, R20: a log that is changed under an open store gives every entry as it was, or names file and place")
    void changedUnderAnOpenStore() throws RecoveryException {
        CrashDisk good = filled();
        List<EntryId> written = written(good).entries();
        int[] refused = new int[1];
        Inputs.triedLess(1, ROUNDS, ROUNDS * MOST_BYTES, random -> {
            CrashDisk disk = good.restarted(random);
            List<Path> segments = logAndMeta(disk).stream()
                    .filter(file -> file.toString().endsWith(".seg"))
                    .toList();
            try (FileVolume volume = Fixture.open(disk)) {
                for (int round = 0; round < ROUNDS; round++) {
                    Path file = segments.get(random.nextInt(segments.size()));
                    byte[] right = disk.bytes(file);
                    byte[] other = disk.bytes(segments.get(random.nextInt(segments.size())));
                    disk.replace(file, new Mutator(random).mutate(right, other));
                    try {
                        assertThat(entriesOf(volume)).isEqualTo(written);
                    } catch (CorruptException damage) {
                        assertThat(damage.where()).isEqualTo(file.toString());
                        assertThat(damage.offset()).isBetween(0L, (long) right.length);
                        refused[0]++;
                    }
                    disk.replace(file, right);
                }
                assertThat(entriesOf(volume)).as("nothing is wrong any more").isEqualTo(written);
            }
        });
        assertThat(refused[0]).isPositive();
    }

    /** What such a file says cannot be known to be wrong, as long as it is possible: only how it is dealt with. */
    @Test
    @DisplayName(
            "R20: a store whose files are well summed and say what none says is refused, untouched, or taken for what"
                    + " it says, time and again; no reader of its files fails in another way")
    void wellSummed() throws RecoveryException {
        CrashDisk good = filled();
        List<Path> files = logAndMeta(good);
        int[] taken = new int[1];
        int[] refused = new int[1];
        Inputs.triedLess(1, SHARE, MOST_BYTES, random -> {
            CrashDisk disk = good.restarted(random);
            // As often as the log: it has the numbers that everything else is measured by.
            Path file =
                    random.nextBoolean() ? Fixture.DIRECTORY.resolve("meta") : files.get(random.nextInt(files.size()));
            byte[] right = disk.bytes(file);
            Resummed resummed = new Resummed(random);
            disk.replace(file, file.endsWith("meta") ? resummed.document(right) : resummed.segment(right));
            disk.longest(LONGEST);
            lookedAt(disk, file);
            Map<Path, String> before = disk.contents();
            try (FileVolume volume = Fixture.open(disk)) {
                served(volume);
            } catch (RecoveryException wrong) {
                assertThat(wrong.getMessage()).isNotBlank();
                Map<Path, String> after = disk.contents();
                if (!(wrong instanceof CorruptException)) {
                    // An entry that cannot be applied is met later; what the store says of itself stays.
                    before.keySet().removeIf(each -> !each.endsWith("meta"));
                    after.keySet().retainAll(before.keySet());
                }
                assertThat(after).as("nothing is changed by looking").isEqualTo(before);
                refused[0]++;
                return;
            }
            try (FileVolume again = Fixture.open(disk)) {
                served(again);
            }
            taken[0]++;
        });
        assertThat(refused[0]).isPositive();
        assertThat(taken[0]).isPositive();
    }

    private static void served(FileVolume volume) throws RecoveryException {
        Written.of(volume);
        volume.read(0, ByteBuffer.allocate(1 << 10));
    }

    private static void lookedAt(CrashDisk disk, Path changed) {
        StoreReader reader = new StoreReader(disk, Fixture.DIRECTORY);
        try {
            reader.durableLsn();
            reader.entries();
            if (changed.endsWith(
                    "meta")) { // an entry may make the volume as long as one can be, which takes as long to hash
                reader.sha256(OptionalLong.empty());
            }
        } catch (RecoveryException refused) {
            assertThat(refused.getMessage()).isNotBlank();
        }
    }

    private static List<Path> logAndMeta(CrashDisk disk) {
        List<Path> files = disk.files().keySet().stream()
                .filter(file -> file.toString().contains("/log/") || file.endsWith("meta"))
                .toList();
        assertThat(files).hasSizeGreaterThan(3);
        return files;
    }

    /** What a power failure leaves: entries are durable, and known to be committed, that the checkpoint does not have. */
    private static CrashDisk filled() throws RecoveryException {
        CrashDisk disk = new CrashDisk();
        FileVolume volume = Fixture.open(disk);
        volume.target().identify(IDENTITY);
        for (int i = 0; i < 30; i++) {
            volume.append(i < 20 ? ONE : TWO, i, bytes("data of entry " + i));
            volume.flush();
            if (i == 9) {
                volume.target().committed(100);
                volume.checkpoint();
                volume.trimTo(50);
            }
            if (i < 28) { // the last record is an entry: of a note behind it nobody could tell that it was flushed
                volume.target().committed(i * 10L);
            }
        }
        volume.target().promise(PROMISE);
        return disk.restarted(new Random(1));
    }

    private static Written written(CrashDisk disk) throws RecoveryException {
        try (FileVolume volume = Fixture.open(disk.restarted(new Random(1)))) {
            Written written = Written.of(volume);
            assertThat(written.entries()).hasSizeBetween(20, 29);
            assertThat(written.identity()).isEqualTo(IDENTITY);
            assertThat(written.promise()).contains(PROMISE);
            return written;
        }
    }

    private static List<EntryId> entriesOf(FileVolume volume) throws RecoveryException {
        return entries(volume, volume.trimTo(0), 1 << 20);
    }
}
