package io.resilver.host.volume;

import io.resilver.host.disk.DiskOperations;
import io.resilver.host.volume.image.Image;
import io.resilver.host.volume.install.Staging;
import io.resilver.host.volume.log.SegmentLog;
import io.resilver.host.volume.meta.Meta;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.storage.StagedInstall;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A base image on its way into the store's next generation. One replacement of the meta file makes that one live, with an image of its own or,
 * where ranges of the old one are kept, with a patch over that.
 */
final class FileInstall implements StagedInstall {
    private static final Logger LOG = LoggerFactory.getLogger(FileInstall.class);

    private final Store store;
    private final FileSource source;
    private final Checkpoints checkpoints;
    private final long generation;
    private final Staging staging;
    /** Of the generation that is live until the commit. */
    private final Image old;

    private volatile boolean open = true;

    private FileInstall(
            Store store, FileSource source, Checkpoints checkpoints, long generation, Staging staging, Image old) {
        this.store = store;
        this.source = source;
        this.checkpoints = checkpoints;
        this.generation = generation;
        this.staging = staging;
        this.old = old;
    }

    /** Begins within a change. */
    static FileInstall begin(Store store, FileSource source, Checkpoints checkpoints, BaseDescriptor base)
            throws IOException, RecoveryException {
        Store.Live live = store.live();
        long next = live.meta().content().generation() + 1;
        Staging staging = Staging.open(
                store.disk(), store.health(), store.layout().generation(next), base, Optional.of(live.image()));
        return new FileInstall(store, source, checkpoints, next, staging, live.image());
    }

    boolean isOpen() {
        return open;
    }

    @Override
    public BaseDescriptor base() {
        return staging.base();
    }

    @Override
    public BitSet durableRanges() {
        return staging.durable();
    }

    @Override
    public void write(long index, ByteBuffer data) throws RecoveryException {
        staged(() -> {
            staging.write(index, data);
            return index;
        });
    }

    @Override
    public void read(long index, ByteBuffer into) throws RecoveryException {
        staged(() -> {
            staging.read(index, into);
            return index;
        });
    }

    @Override
    public void flush() throws RecoveryException {
        staged(() -> {
            staging.flush();
            return generation;
        });
    }

    @Override
    public long candidates() {
        return old.size() >= base().sizeBytes() ? base().ranges() : old.size() / base().rangeBytes();
    }

    @Override
    public boolean candidate(long index, ByteBuffer into) throws RecoveryException {
        long at = index * base().rangeBytes();
        return staged(() -> at + into.remaining() <= old.size() && old.read(at, into) > 0);
    }

    @Override
    public boolean keep(long index) throws RecoveryException {
        return staged(() -> staging.keep(index));
    }

    private <T> T staged(Store.Work<T> work) throws RecoveryException {
        store.checkOpen();
        if (!open) {
            throw new PermanentException("the install of base " + base().lsn() + " has ended: begin it again");
        }
        return store.reading(work);
    }

    @Override
    public void commit() throws RecoveryException {
        staged(() -> {
            FileTarget.requireAtLeast(store.told(), base().lsn(), "install a base at");
            staging.complete();
            return generation;
        });
        Store.Live old = store.laying().withImageAndStore(this::swap);
        open = false;
        // From here on nothing can fail that matters: what is left of the old generation goes at the next open.
        try {
            staging.close();
            old.log().close();
            Generations.removeOthers(
                    store.disk(), store.layout(), store.live().meta().content());
            checkpoints.takeIfDue(); // which lays over the old image what was changed of it
        } catch (IOException | RecoveryException e) {
            LOG.warn(
                    "Files of the old generation stay in {} until the next open: {}",
                    store.layout().directory(),
                    e.toString());
        }
    }

    private Store.Live swap() throws IOException, RecoveryException {
        Store.Live old = store.live();
        BaseDescriptor base = base();
        FileTarget.requireAtLeast(Math.max(store.told(), old.committed()), base.lsn(), "install a base at");
        EntryId head = base.lineage()
                .last()
                .map(LineageElement::epoch)
                .map(epoch -> new EntryId(base.lsn(), epoch))
                .orElse(EntryId.NONE);
        staging.requireKept();
        SegmentLog.create(store.disk(), store.layout().log(generation), head, store.random());
        Meta.Content content = new Meta.Content(
                generation,
                staging.isPatch() ? old.meta().content().imageGeneration() : generation,
                staging.isPatch(),
                head,
                base.lsn(),
                base.sizeBytes(),
                base.lsn(),
                store.told(),
                OptionalLong.empty(),
                base.lineage());
        Meta next = old.meta().with(content).withUnusable(Optional.empty());
        Store.Live opened = StoreOpening.openLive(
                store.disk(), store.layout(), store.options(), store.random(), store.health(), next);
        opened.image().recovered(); // nothing was ever applied to it
        boolean live = false;
        try {
            store.writeMeta(next);
            store.setLive(store.options().snapshotBytes() > 0 ? opened.withBase() : opened);
            store.forgetHeard();
            live = true;
            source.revokeAll();
            closeQuietly(old.image()); // before anything is laid over the file, which both may have
            return old;
        } finally {
            if (!live) {
                opened.log().close();
                opened.image().close();
            }
        }
    }

    private void closeQuietly(Image image) {
        try {
            image.close();
        } catch (IOException e) {
            LOG.warn(
                    "The old image of {} could not be closed: {}",
                    store.layout().directory(),
                    e.toString());
        }
    }

    @Override
    public void discard() throws RecoveryException {
        if (!open) {
            return;
        }
        close();
        store.change(() -> {
            // The description first, durably: what is half deleted must not be taken for a staged image.
            Staging.forget(store.disk(), store.layout().generation(generation));
            store.disk().syncDirectory(store.layout().generation(generation));
            DiskOperations.deleteTree(store.disk(), store.layout().generation(generation));
            return generation;
        });
    }

    @Override
    public void close() {
        if (!open) {
            return;
        }
        open = false;
        try {
            staging.close();
        } catch (IOException e) {
            LOG.warn(
                    "A staged image in {} could not be closed: {}",
                    store.layout().directory(),
                    e.toString());
        }
    }
}
