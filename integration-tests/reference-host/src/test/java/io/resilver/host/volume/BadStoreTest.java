package io.resilver.host.volume;

import static io.resilver.host.volume.Fixture.INCARNATION;
import static io.resilver.host.volume.Fixture.REPLICA;
import static io.resilver.host.volume.Fixture.bytes;
import static io.resilver.host.volume.Fixture.writer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.resilver.host.disk.FileDisk;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Stores on the machine's own disk that must not be opened. Each is refused with a type that says whether it is damaged or
 * misplaced, and a message that names the place, what is wrong and what to do; no file is written, made or removed, and
 * once the cause is gone the same store opens.
 */
class BadStoreTest {
    private static final String REMEDY = "move the store's directory away";
    private static final int META_HEADER = Integer.BYTES * 3;

    @TempDir
    Path root;

    private FileAdapter adapter;
    private Path store;

    @BeforeEach
    void fill() throws RecoveryException {
        adapter = adapter(root);
        store = adapter.directoryOf(REPLICA);
        try (FileVolume volume = adapter.open(REPLICA, INCARNATION)) {
            for (int i = 0; i < 30; i++) {
                volume.append(writer(1, 1), i, bytes("data of entry " + i));
            }
            volume.flush();
            volume.target().committed(200);
            volume.target().promise(new Epoch(3, new MintId("m3")));
        }
    }

    @AfterEach
    void close() throws RecoveryException {
        adapter.close();
    }

    private static FileAdapter adapter(Path root) {
        return new FileAdapter(new FileDisk(), root, Fixture.SMALL, new Random(1), Runnable::run);
    }

    private <E extends RecoveryException> E refused(Class<E> type, Path named, String... words) throws IOException {
        return refused(type, adapter, REPLICA, INCARNATION, named, words);
    }

    private <E extends RecoveryException> E refused(
            Class<E> type, FileAdapter by, ReplicaId replica, Incarnation incarnation, Path named, String... words)
            throws IOException {
        Map<Path, String> before = files();
        E refusal = catchThrowableOfType(type, () -> by.open(replica, incarnation));
        assertThat(refusal).as("the refusal, a %s", type.getSimpleName()).isNotNull();
        assertThat(refusal.getMessage())
                .contains(named.toString())
                .contains(words)
                .doesNotContain("\n");
        assertThat(files()).isEqualTo(before);
        return refusal;
    }

    /** Every file and directory; of a file also its bytes, and when they were last written. */
    private Map<Path, String> files() throws IOException {
        Map<Path, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(root)) {
            for (Path each : (Iterable<Path>) all::iterator) {
                boolean file = Files.isRegularFile(each);
                files.put(
                        each,
                        file
                                ? Files.getLastModifiedTime(each) + " " + Arrays.toString(Files.readAllBytes(each))
                                : "a directory");
            }
        }
        return files;
    }

    private List<Path> segments() throws IOException {
        try (Stream<Path> all = Files.list(store.resolve("gen-1/log"))) {
            return all.sorted().toList();
        }
    }

    private void opensWith(Path file, byte[] content) throws IOException, RecoveryException {
        Files.write(file, content);
        adapter.open(REPLICA, INCARNATION).close();
    }

    private static byte[] flipped(byte[] bytes, int at) {
        byte[] changed = bytes.clone();
        changed[at] ^= 4;
        return changed;
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to.getParent());
        try (Stream<Path> all = Files.walk(from)) {
            for (Path each : (Iterable<Path>) all::iterator) {
                Files.copy(each, to.resolve(from.relativize(each)));
            }
        }
    }

    @Test
    @DisplayName("a data directory that cannot be made: the file in its way is named")
    void aDirectoryThatCannotBeMade() throws Exception {
        Path file = Files.writeString(root.resolve("file"), "not a directory");
        try (FileAdapter below = adapter(file.resolve("data"))) {
            refused(PermanentException.class, below, REPLICA, INCARNATION, file, "NotDirectory", "check that");
        }
        ReplicaId other = new ReplicaId(REPLICA.volume(), "r2");
        Path inTheWay = Files.writeString(adapter.directoryOf(other), "not a store");
        refused(PermanentException.class, adapter, other, INCARNATION, inTheWay, "NotDirectory", "check that");
    }

    @Test
    @DisplayName("a store in which nothing can be made: the place is named")
    void aDirectoryThatCannotBeWritten() throws Exception {
        Path inTheWay = Files.createDirectories(store.resolve("meta.new/kept"));
        refused(PermanentException.class, store, "check that", "meta.new");
        Files.delete(inTheWay);
        Path lock = store.resolve("lock");
        Files.delete(lock);
        Files.createDirectory(lock);
        refused(PermanentException.class, lock, "check that");
        Files.delete(lock);
        adapter.open(REPLICA, INCARNATION).close();
    }

    @Test
    @DisplayName("a segment in the middle of the log that is damaged, short, foreign or gone is no torn tail")
    void aDamagedSegmentInTheMiddle() throws Exception {
        List<Path> all = segments();
        assertThat(all).hasSizeGreaterThan(5);
        Path middle = all.get(all.size() / 2);
        byte[] good = Files.readAllBytes(middle);
        for (int at : new int[] {5, good.length / 2, good.length - 1}) {
            Files.write(middle, flipped(good, at));
            CorruptException damage = refused(CorruptException.class, middle, "damaged", REMEDY);
            assertThat(damage.where()).isEqualTo(middle.toString());
            assertThat(damage.offset()).isLessThanOrEqualTo(at);
            opensWith(middle, good);
        }
        for (int length : new int[] {0, 7, good.length / 2, good.length - 1}) {
            Files.write(middle, Arrays.copyOf(good, length));
            refused(CorruptException.class, store.resolve("gen-1/log"), REMEDY);
            opensWith(middle, good);
        }
        Files.write(middle, Files.readAllBytes(all.get(1)));
        refused(CorruptException.class, middle, "follows entry", REMEDY);
        Files.delete(middle);
        refused(CorruptException.class, all.get(all.size() / 2 + 1), "follows entry", REMEDY);
        opensWith(middle, good);
    }

    @Test
    @DisplayName("a meta file with a flipped bit, cut off, too long, or with no content that a store writes")
    void aDamagedMetaFile() throws Exception {
        Path meta = store.resolve("meta");
        byte[] good = Files.readAllBytes(meta);
        List<byte[]> bad = List.of(
                flipped(good, 0),
                flipped(good, META_HEADER + 5),
                flipped(good, good.length - 1),
                new byte[0],
                Arrays.copyOf(good, good.length / 2),
                Arrays.copyOf(good, good.length + 1),
                Arrays.copyOf(good, 5 << 20),
                document(2, Arrays.copyOfRange(good, META_HEADER, META_HEADER + 9)),
                document(2, new byte[40]),
                document(2, new byte[] {1, -1, -1, -1, -1}),
                document(2, new byte[] {1, Byte.MAX_VALUE, -1, -1, -1}));
        for (byte[] each : bad) {
            Files.write(meta, each);
            CorruptException damage = refused(CorruptException.class, meta, REMEDY);
            assertThat(damage.where()).isEqualTo(meta.toString());
            opensWith(meta, good);
        }
        Files.write(meta, document(3, Arrays.copyOfRange(good, META_HEADER, good.length - Integer.BYTES)));
        refused(PermanentException.class, meta, "version 3", "use the program that wrote it");
        opensWith(meta, good);
    }

    private static byte[] document(int version, byte[] content) {
        ByteBuffer bytes = ByteBuffer.allocate(META_HEADER + content.length + Integer.BYTES);
        bytes.putInt(0x52534d54).putInt(version).putInt(content.length).put(content);
        CRC32C crc = new CRC32C();
        crc.update(bytes.array(), 0, bytes.position());
        return bytes.putInt((int) crc.getValue()).array();
    }

    @Test
    @DisplayName("an image that is gone or shorter than its checkpoint: the log beside it is not repaired either")
    void aLostImage() throws Exception {
        Path last = segments().get(segments().size() - 1);
        Files.write(last, new byte[] {1, 2, 3}, StandardOpenOption.APPEND); // a torn tail stays, too
        Path image = store.resolve("gen-1/image");
        byte[] good = Files.readAllBytes(image);
        Files.write(image, Arrays.copyOf(good, good.length - 1));
        refused(CorruptException.class, image, "ends at " + (good.length - 1), REMEDY);
        Files.delete(image);
        refused(CorruptException.class, image, "missing", REMEDY);
        opensWith(image, good);
    }

    @Test
    @DisplayName("R36: a copied store is another replica's, another volume's or another incarnation's: both are named")
    void aStoreOfAnother() throws Exception {
        ReplicaId otherReplica = new ReplicaId(REPLICA.volume(), "r2");
        ReplicaId otherVolume = new ReplicaId(new VolumeId("vol2"), REPLICA.name());
        for (ReplicaId other : List.of(otherReplica, otherVolume)) {
            Path copied = adapter.directoryOf(other);
            copy(store, copied);
            refused(
                    PermanentException.class,
                    adapter,
                    other,
                    INCARNATION,
                    copied,
                    "replica " + REPLICA,
                    other.toString(),
                    "configure another directory");
        }
        Incarnation next = new Incarnation("inc2");
        refused(PermanentException.class, adapter, REPLICA, next, store, "incarnation inc1", "incarnation inc2");
        adapter.open(REPLICA, INCARNATION).close();
    }
}
