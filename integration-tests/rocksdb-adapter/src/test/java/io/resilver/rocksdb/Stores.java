package io.resilver.rocksdb;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.FileDisk;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import io.resilver.spi.storage.StagedInstall;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** Stores of replicas {@code a}, {@code b} … under one directory, and what tests do with them. */
final class Stores implements AutoCloseable {
    static final Incarnation INCARNATION = new Incarnation("inc");

    /** Nothing happens by itself: no checkpoint, no trimming. */
    static final RocksOptions QUIET = new RocksOptions(64 << 10, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);

    private final Path root;
    private final RocksAdapter adapter;

    Stores(Path root) {
        this(root, QUIET);
    }

    Stores(Path root, RocksOptions options) {
        this(root, options, new FileDisk());
    }

    Stores(Path root, RocksOptions options, Disk disk) {
        this.root = root;
        this.adapter = new RocksAdapter(disk, root, options, new Random(1), Runnable::run);
    }

    RocksAdapter adapter() {
        return adapter;
    }

    static ReplicaId replica(String name) {
        return new ReplicaId(new VolumeId("v"), name);
    }

    RocksStore open(String name) throws RecoveryException {
        return adapter.open(replica(name), INCARNATION);
    }

    Path directory(String name) {
        return root.resolve("v").resolve(name);
    }

    static LineageElement writer(long epoch, long firstLsn) {
        return LineageElement.of(new Epoch(epoch, new MintId("m" + epoch)), firstLsn);
    }

    /** One entry that sets {@code keys} keys; not durable. */
    static long write(RocksStore store, LineageElement writer, int number, int keys) throws RecoveryException {
        try (WriteBatch batch = new WriteBatch()) {
            for (int i = 0; i < keys; i++) {
                batch.put(key(number, i), (number + "/" + i).getBytes(StandardCharsets.UTF_8));
            }
            return store.append(writer, batch);
        } catch (RocksDBException e) {
            throw new AssertionError(e);
        }
    }

    static byte[] key(int number, int i) {
        return String.format("key-%06d-%03d", number, i).getBytes(StandardCharsets.UTF_8);
    }

    /** Everything above an LSN, in batches of a few entries. */
    static List<EntryBatch> log(RocksStore store, long afterLsn) throws RecoveryException {
        List<EntryBatch> batches = new ArrayList<>();
        try (LogPin pin = store.source().pinLog(afterLsn);
                EntryCursor cursor = pin.open(afterLsn)) {
            for (EntryBatch batch = cursor.next(Long.MAX_VALUE, 300);
                    !batch.isEmpty();
                    batch = cursor.next(Long.MAX_VALUE, 300)) {
                batches.add(batch);
            }
        }
        return batches;
    }

    /** Appends what one has and the other has not, as a recovery does. */
    static void catchUp(RocksStore from, RocksStore to) throws RecoveryException {
        for (EntryBatch batch : log(from, to.durableLsn())) {
            to.target().append(batch);
        }
        to.target().flush();
    }

    /** Installs a whole base, in small ranges. */
    static void install(BasePin pin, RocksStore to) throws RecoveryException {
        BaseDescriptor base = cut(pin.base());
        try (StagedInstall install = to.target().beginInstall(base)) {
            for (long range = 0; range < base.ranges(); range++) {
                install.write(range, range(pin, base, range));
            }
            install.flush();
            install.commit();
        }
    }

    static BaseDescriptor cut(BaseDescriptor base) {
        return new BaseDescriptor(base.lsn(), base.lineage(), base.sizeBytes(), 1000);
    }

    static ByteBuffer range(BasePin pin, BaseDescriptor base, long range) throws RecoveryException {
        ByteBuffer data = ByteBuffer.allocate(base.rangeLength(range));
        pin.read(range * base.rangeBytes(), data);
        return data.flip();
    }

    /** Copies a directory with everything in it, as it is at this moment. */
    static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path each : all.toList()) {
                Path there = to.resolve(from.relativize(each).toString());
                if (Files.isDirectory(each)) {
                    Files.createDirectories(there);
                } else {
                    Files.copy(each, there);
                }
            }
        }
    }

    /** All keys and values. */
    static Map<String, String> content(RocksStore store) throws RecoveryException {
        Map<String, String> all = new TreeMap<>();
        store.scan((key, value) -> all.put(text(key), text(value)));
        return all;
    }

    static Optional<String> get(RocksStore store, int number, int i) throws RecoveryException {
        return store.get(key(number, i)).value().map(bytes -> new String(bytes, StandardCharsets.UTF_8));
    }

    private static String text(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        return HexFormat.of().formatHex(copy);
    }

    @Override
    public void close() throws RecoveryException {
        adapter.close();
    }
}
