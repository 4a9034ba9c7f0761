package io.resilver.rocksdb.tck;

import io.resilver.rocksdb.RocksAdapterProvider;
import io.resilver.rocksdb.RocksStore;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.storage.StorageAdapterProvider;
import io.resilver.spi.storage.VolumeStore;
import io.resilver.tck.TckFixture;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** RocksDB stores as a vendor describes them: little memory, so that the log goes on in another file every few entries. */
public class RocksFixture implements TckFixture {
    /** The least memory that the adapter allows is 64 KiB. */
    private static final int MEMTABLE_BYTES = 64 << 10;

    private static final int VALUE_BYTES = 4 << 10;

    /** Entries before this many others change the same keys again. */
    private static final int PLACES = 61;

    /** Made by the tests, and again in the processes that they kill. */
    public RocksFixture() {}

    /** The RocksDB store behind a store. */
    protected RocksStore rocks(VolumeStore store) {
        return (RocksStore) store;
    }

    @Override
    public StorageAdapterProvider provider() {
        return new RocksAdapterProvider();
    }

    @Override
    public String adapterVersion() {
        return "0.1.0";
    }

    @Override
    public Map<String, String> configuration() {
        return Map.of("memtable-bytes", String.valueOf(MEMTABLE_BYTES));
    }

    @Override
    public Optional<Map.Entry<String, String>> impossibleSetting() {
        return Optional.of(Map.entry("memtable-bytes", "-1"));
    }

    @Override
    public int entriesPerLogUnit() {
        return 2 * MEMTABLE_BYTES / VALUE_BYTES;
    }

    @Override
    public long write(VolumeStore store, LineageElement writer, long number) throws RecoveryException {
        byte[] value = new byte[VALUE_BYTES];
        new Random(number).nextBytes(value);
        try (WriteBatch changes = new WriteBatch()) {
            changes.put(key("large", number % PLACES), value);
            changes.put(key("last", 0), key("number", number));
            for (int i = 0; i < number % 3; i++) {
                changes.put(key("small-" + i, number % PLACES), key("number", number));
            }
            if (number % 5 == 0) {
                changes.delete(key("small-1", (number + 1) % PLACES));
            }
            return rocks(store).append(writer, changes);
        } catch (RocksDBException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] key(String kind, long number) {
        return (kind + "-" + number).getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public String digest(VolumeStore store) throws RecoveryException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            rocks(store).scan((key, value) -> {
                digest.update(
                        ("|" + key.remaining() + "," + value.remaining() + "|").getBytes(StandardCharsets.US_ASCII));
                digest.update(key);
                digest.update(value);
            });
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public void checkpoint(VolumeStore store) throws RecoveryException {
        rocks(store).checkpoint();
    }

    @Override
    public long trim(VolumeStore store, long lsn) throws RecoveryException {
        return rocks(store).trimTo(lsn);
    }

    /** RocksDB unpacks its native code into the temporary directory, and a process that is killed leaves it there. */
    @Override
    public List<String> processOptions() {
        return List.of("-Djava.io.tmpdir=" + Path.of("target").toAbsolutePath());
    }

    @Override
    public boolean damageEntry(Path dataDirectory, ReplicaId replica, long lsn) throws IOException {
        return new RocksDamage(dataDirectory, replica).entry(lsn);
    }

    @Override
    public boolean damageImage(Path dataDirectory, ReplicaId replica) throws IOException {
        return new RocksDamage(dataDirectory, replica).table();
    }

    @Override
    public boolean damageStaged(Path dataDirectory, ReplicaId replica, long offset) throws IOException {
        return new RocksDamage(dataDirectory, replica).staged(offset);
    }
}
