package io.resilver.tck.example;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.storage.StorageAdapterProvider;
import io.resilver.spi.storage.VolumeStore;
import io.resilver.tck.TckFixture;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** What the contract tests must know of the append-only file. */
public class AppendOnlyFixture implements TckFixture {
    @Override
    public StorageAdapterProvider provider() {
        return new AppendOnlyProvider();
    }

    @Override
    public String adapterVersion() {
        return "0.1.0";
    }

    @Override
    public int entriesPerLogUnit() {
        return 10;
    }

    @Override
    public long write(VolumeStore store, LineageElement writer, long number) throws RecoveryException {
        byte[] line = ("line " + number + "\n").getBytes(StandardCharsets.UTF_8);
        return ((AppendOnlyProvider.Store) store).write(writer, line);
    }

    @Override
    public String digest(VolumeStore store) throws RecoveryException {
        byte[] content = ((AppendOnlyProvider.Store) store).content();
        return HexFormat.of().formatHex(content);
    }

    @Override
    public void checkpoint(VolumeStore store) {
        // it has none
    }

    @Override
    public long trim(VolumeStore store, long lsn) throws RecoveryException {
        return ((AppendOnlyProvider.Store) store).trim(lsn);
    }
}
