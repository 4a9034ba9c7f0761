package io.resilver.rocksdb.meta;

import io.resilver.host.disk.Disk;
import io.resilver.host.volume.meta.Document;
import io.resilver.host.volume.meta.Fields;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.VolumeId;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;

/** The meta file. Replacing it is how a store changes generation, promise and identity: all or nothing. Stateless. */
public final class StoreMetaFile {
    /** The file's name in the store's directory. */
    public static final String NAME = "meta";

    private static final int MAGIC = 0x52534b4d; // RSKM
    private static final int VERSION = 1;

    private StoreMetaFile() {}

    /**
     * Replaces the file in one act, durable on return.
     *
     * @param disk where
     * @param store the store's directory
     * @param meta the new content
     * @throws IOException when it failed; but for a full disk nobody knows then which of the two is in force
     */
    public static void write(Disk disk, Path store, StoreMeta meta) throws IOException {
        Document.write(disk, store.resolve(NAME), MAGIC, VERSION, Fields.bytes(out -> encode(meta, out)));
    }

    /**
     * Reads and verifies the file.
     *
     * @param disk where
     * @param store the store's directory
     * @return its content
     * @throws IOException when it cannot be read
     * @throws RecoveryException when it is damaged or of a newer program
     */
    public static StoreMeta read(Disk disk, Path store) throws IOException, RecoveryException {
        return Document.read(disk, store.resolve(NAME), MAGIC, VERSION, StoreMetaFile::decode);
    }

    private static void encode(StoreMeta meta, DataOutputStream out) throws IOException {
        Fields.text(out, Optional.of(meta.replica().volume().value()));
        Fields.text(out, Optional.of(meta.replica().name()));
        Fields.text(out, Optional.of(meta.incarnation().value()));
        Fields.text(out, Optional.of(meta.identity().id().value()));
        out.writeLong(meta.identity().openCount());
        Fields.text(out, meta.promise().map(epoch -> epoch.mint().value()));
        out.writeLong(meta.promise().map(Epoch::number).orElse(0L));
        Fields.text(out, meta.unusable());
        StoreMeta.Content content = meta.content();
        out.writeLong(content.generation());
        out.writeBoolean(content.made());
        Fields.entry(out, content.tail());
        out.writeLong(content.durable());
        out.writeLong(content.committed());
    }

    private static StoreMeta decode(ByteBuffer in) {
        ReplicaId replica = new ReplicaId(
                new VolumeId(Fields.text(in).orElseThrow()), Fields.text(in).orElseThrow());
        Incarnation incarnation = new Incarnation(Fields.text(in).orElseThrow());
        StoreIdentity identity = new StoreIdentity(new StoreId(Fields.text(in).orElseThrow()), in.getLong());
        Optional<String> mint = Fields.text(in);
        long number = in.getLong();
        Optional<Epoch> promise = mint.map(value -> new Epoch(number, new MintId(value)));
        Optional<String> unusable = Fields.text(in);
        StoreMeta.Content content =
                new StoreMeta.Content(in.getLong(), in.get() != 0, Fields.entry(in), in.getLong(), in.getLong());
        boolean possible = content.generation() >= 1
                && content.tail().lsn() <= content.durable()
                && content.committed() >= 0
                && content.committed() <= content.durable();
        if (!possible) {
            throw new IllegalArgumentException("no store is " + content);
        }
        return new StoreMeta(replica, incarnation, identity, promise, unusable, content);
    }
}
