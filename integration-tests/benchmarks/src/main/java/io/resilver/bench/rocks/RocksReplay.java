package io.resilver.bench.rocks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.rocksdb.CompressionType;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.TransactionLogIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/** Replays what a database wrote since a sequence number into another one of the same process, and forces it. */
public final class RocksReplay {
    /** How many bytes may be written and not forced: as many as on the other side of the comparison. */
    private static final long FORCE_EVERY = 4L << 20;

    /** Room for all entries, so that no table file is written meanwhile: the log alone has to be. */
    private static final long TABLE_IN_MEMORY = 1L << 30;

    private static final long LOGS_KEPT_SECONDS = 3_600;

    private RocksReplay() {}

    /**
     * A replay.
     *
     * @param seconds from asking for the first update to the last one forced
     * @param verified whether the target has the keys and values that were written, and no other
     */
    public record Run(double seconds, boolean verified) {}

    /**
     * Writes entries into one database, a write each, and replays them into another.
     *
     * @param directory for both databases; not there yet, or empty
     * @param entries how many
     * @param entryBytes how long each value is; a key has eight bytes
     * @param seed of the values: the same one makes the same entries
     * @return what the replay took
     * @throws IOException when the disk, or a database, failed
     */
    public static Run run(Path directory, long entries, int entryBytes, long seed) throws IOException {
        Files.createDirectories(directory);
        RocksDB.loadLibrary();
        try (Options options = options();
                RocksDB source =
                        RocksDB.open(options, directory.resolve("source").toString());
                RocksDB target =
                        RocksDB.open(options, directory.resolve("target").toString())) {
            long from = source.getLatestSequenceNumber() + 1;
            write(source, entries, entryBytes, seed);
            long begin = System.nanoTime();
            long replayed = replay(source, target, from);
            double seconds = (System.nanoTime() - begin) / 1e9;
            return new Run(seconds, replayed == entries && holds(target, entries, entryBytes, seed));
        } catch (RocksDBException e) {
            throw new IOException("RocksDB failed: " + e.getMessage(), e);
        }
    }

    private static Options options() {
        return new Options()
                .setCreateIfMissing(true)
                .setWriteBufferSize(TABLE_IN_MEMORY)
                .setCompressionType(CompressionType.NO_COMPRESSION)
                .setDisableAutoCompactions(true)
                .setAllowConcurrentMemtableWrite(false)
                .setManualWalFlush(true)
                .setWalTtlSeconds(LOGS_KEPT_SECONDS);
    }

    private static void write(RocksDB source, long entries, int entryBytes, long seed) throws RocksDBException {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] value = new byte[entryBytes];
        try (WriteOptions unforced = new WriteOptions()) {
            for (long each = 0; each < entries; each++) {
                random.nextBytes(value);
                source.put(unforced, key(each), value);
            }
        }
        source.flushWal(true);
    }

    private static byte[] key(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
    }

    private static long replay(RocksDB source, RocksDB target, long from) throws RocksDBException {
        long updates = 0;
        long unforced = 0;
        try (WriteOptions writing = new WriteOptions();
                TransactionLogIterator log = source.getUpdatesSince(from)) {
            MergedBatches merged = new MergedBatches();
            for (; log.isValid(); log.next()) {
                try (WriteBatch each = log.getBatch().writeBatch()) {
                    merged.add(each.data());
                }
                if (merged.isLarge()) {
                    updates += merged.updates();
                    unforced += merged.write(target, writing);
                }
                if (unforced >= FORCE_EVERY) {
                    target.flushWal(true);
                    unforced = 0;
                }
            }
            log.status();
            updates += merged.updates();
            merged.write(target, writing);
        }
        target.flushWal(true);
        return updates;
    }

    private static boolean holds(RocksDB target, long entries, int entryBytes, long seed) throws RocksDBException {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] value = new byte[entryBytes];
        try (RocksIterator all = target.newIterator()) {
            long each = 0;
            for (all.seekToFirst(); all.isValid(); all.next()) {
                random.nextBytes(value);
                if (!Arrays.equals(all.key(), key(each)) || !Arrays.equals(all.value(), value)) {
                    return false;
                }
                each++;
            }
            all.status();
            return each == entries;
        }
    }

    /**
     * For people.
     *
     * @return how RocksDB is set up, and what it forces, in a line each
     */
    public static List<String> settings() {
        return List.of(
                "RocksDB replays with getUpdatesSince from one database into another of the same process, with no network: each"
                        + " entry is a write of its own; their batches are merged to batches of 64 KiB for the target",
                "RocksDB forces the target's write-ahead log every 4 MiB and at the end; the table stays in memory, uncompressed"
                        + " and uncompacted: memtable 1 GiB, one writer, log flushed by hand");
    }
}
