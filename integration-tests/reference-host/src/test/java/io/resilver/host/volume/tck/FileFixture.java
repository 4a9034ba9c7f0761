package io.resilver.host.volume.tck;

import io.resilver.host.volume.FileAdapterProvider;
import io.resilver.host.volume.FileVolume;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.storage.StorageAdapterProvider;
import io.resilver.spi.storage.VolumeStore;
import io.resilver.tck.TckFixture;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/** The file volume as a vendor describes it: small segments, LSNs that skip numbers, checkpoints only when asked for. */
public class FileFixture implements TckFixture {
    private static final int ENTRY_BYTES = 100;

    /** Entries before this many others change the same place again. */
    private static final int PLACES = 61;

    /** The least that the volume allows: some twenty-five entries. */
    private static final int SEGMENT_BYTES = 4 << 10;

    /** Made by the tests, and again in the processes that they kill. */
    public FileFixture() {}

    /** The volume behind a store. */
    protected FileVolume volume(VolumeStore store) {
        return (FileVolume) store;
    }

    @Override
    public StorageAdapterProvider provider() {
        return new FileAdapterProvider();
    }

    @Override
    public String adapterVersion() {
        return "0.1.0";
    }

    @Override
    public Map<String, String> configuration() {
        return Map.of("segment-bytes", String.valueOf(SEGMENT_BYTES), "lsn-step", "3");
    }

    @Override
    public Optional<Map.Entry<String, String>> impossibleSetting() {
        return Optional.of(Map.entry("segment-bytes", "-1"));
    }

    @Override
    public int entriesPerLogUnit() {
        return 30;
    }

    @Override
    public long write(VolumeStore store, LineageElement writer, long number) throws RecoveryException {
        byte[] data = ("number " + number + ".")
                .repeat(ENTRY_BYTES)
                .substring(0, ENTRY_BYTES)
                .getBytes(StandardCharsets.US_ASCII);
        return volume(store).append(writer, number % PLACES * ENTRY_BYTES, ByteBuffer.wrap(data));
    }

    @Override
    public String digest(VolumeStore store) throws RecoveryException {
        FileVolume volume = volume(store);
        ByteBuffer content = ByteBuffer.allocate((int) volume.size());
        volume.read(0, content);
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(content.flip());
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public void checkpoint(VolumeStore store) throws RecoveryException {
        volume(store).checkpoint();
    }

    @Override
    public long trim(VolumeStore store, long lsn) throws RecoveryException {
        volume(store).checkpoint();
        return volume(store).trimTo(lsn);
    }

    @Override
    public boolean damageEntry(Path dataDirectory, ReplicaId replica, long lsn) throws IOException {
        return new FileDamage(dataDirectory, replica).entry(lsn);
    }

    @Override
    public boolean damageImage(Path dataDirectory, ReplicaId replica) throws IOException {
        return new FileDamage(dataDirectory, replica).image();
    }

    @Override
    public boolean damageStaged(Path dataDirectory, ReplicaId replica, long offset) throws IOException {
        return new FileDamage(dataDirectory, replica).staged(offset);
    }
}
