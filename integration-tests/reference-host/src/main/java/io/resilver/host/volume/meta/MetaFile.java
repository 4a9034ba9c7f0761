package io.resilver.host.volume.meta;

import io.resilver.host.disk.Disk;
import io.resilver.host.volume.image.BlockWrite;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.LineageElement;
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
public final class MetaFile {
    /** The file's name in the store's directory. */
    public static final String NAME = "meta";

    private static final int MAGIC = 0x52534d54; // RSMT
    private static final int VERSION = 2;

    private MetaFile() {}

    /**
     * Replaces the file in one act, durable on return.
     *
     * @param disk where
     * @param store the store's directory
     * @param meta the new content
     */
    public static void write(Disk disk, Path store, Meta meta) throws IOException {
        Document.write(disk, store.resolve(NAME), MAGIC, VERSION, Fields.bytes(out -> encode(meta, out)));
    }

    /**
     * Reads and verifies the file.
     *
     * @param disk where
     * @param store the store's directory
     * @return its content
     */
    public static Meta read(Disk disk, Path store) throws IOException, RecoveryException {
        return Document.read(disk, store.resolve(NAME), MAGIC, VERSION, MetaFile::decode);
    }

    private static void encode(Meta meta, DataOutputStream out) throws IOException {
        Fields.text(out, Optional.of(meta.replica().volume().value()));
        Fields.text(out, Optional.of(meta.replica().name()));
        Fields.text(out, Optional.of(meta.incarnation().value()));
        Fields.text(out, Optional.of(meta.identity().id().value()));
        out.writeLong(meta.identity().openCount());
        Fields.text(out, meta.promise().map(epoch -> epoch.mint().value()));
        out.writeLong(meta.promise().map(Epoch::number).orElse(0L));
        Fields.text(out, meta.unusable());
        Meta.Content content = meta.content();
        out.writeLong(content.generation());
        out.writeLong(content.imageGeneration());
        out.writeBoolean(content.patched());
        Fields.entry(out, content.tail());
        out.writeLong(content.checkpoint());
        out.writeLong(content.imageBytes());
        out.writeLong(content.durable());
        out.writeLong(content.committed());
        Fields.number(out, content.cut());
        Fields.lineage(out, content.lineage());
    }

    private static Meta decode(ByteBuffer in) {
        ReplicaId replica = new ReplicaId(
                new VolumeId(Fields.text(in).orElseThrow()), Fields.text(in).orElseThrow());
        Incarnation incarnation = new Incarnation(Fields.text(in).orElseThrow());
        StoreIdentity identity = new StoreIdentity(new StoreId(Fields.text(in).orElseThrow()), in.getLong());
        Optional<String> mint = Fields.text(in);
        long number = in.getLong();
        Optional<Epoch> promise = mint.map(value -> new Epoch(number, new MintId(value)));
        Optional<String> unusable = Fields.text(in);
        Meta.Content content = new Meta.Content(
                in.getLong(),
                in.getLong(),
                in.get() != 0,
                Fields.entry(in),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                Fields.number(in),
                Fields.lineage(in));
        requirePossible(content);
        return new Meta(replica, incarnation, identity, promise, unusable, content);
    }

    /** What a program with an error wrote is summed as well as anything, and must not be measured by. */
    private static void requirePossible(Meta.Content content) {
        boolean counts = content.imageGeneration() >= 1
                && content.imageGeneration() <= content.generation()
                && (!content.patched() || content.imageGeneration() < content.generation())
                && content.tail().lsn() <= content.checkpoint()
                && content.checkpoint() <= content.durable()
                && content.committed() >= 0
                && content.committed() <= content.durable();
        boolean lies = content.imageBytes() >= 0
                && content.imageBytes() <= BlockWrite.MOST_BYTES
                && content.cut().orElse(0) >= 0;
        long writer = content.lineage()
                .writerOf(content.tail().lsn())
                .map(LineageElement::epoch)
                .orElse(0L);
        boolean written = content.lineage().rises() && writer == content.tail().epoch();
        if (!counts || !lies || !written) {
            throw new IllegalArgumentException("no store is " + content);
        }
    }
}
