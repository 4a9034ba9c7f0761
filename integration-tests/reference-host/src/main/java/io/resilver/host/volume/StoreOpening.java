package io.resilver.host.volume;

import io.resilver.host.disk.Damage;
import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskFile;
import io.resilver.host.disk.DiskOperations;
import io.resilver.host.disk.Health;
import io.resilver.host.volume.image.Checksums;
import io.resilver.host.volume.image.Image;
import io.resilver.host.volume.log.Appended;
import io.resilver.host.volume.log.SegmentLog;
import io.resilver.host.volume.meta.Meta;
import io.resilver.host.volume.meta.MetaFile;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * Opens a store, after a clean close or after a crash at any point: verify first, change afterwards. A store that is damaged
 * or another's is left as it is.
 */
final class StoreOpening {
    private StoreOpening() {}

    /** Opens or creates; the caller holds the store's lock. */
    static Store open(
            Disk disk,
            Layout layout,
            VolumeOptions options,
            RandomGenerator random,
            Executor executor,
            ReplicaId replica,
            Incarnation incarnation)
            throws IOException, RecoveryException {
        if (!disk.list(layout.directory()).contains(MetaFile.NAME)) {
            create(disk, layout, random, replica, incarnation);
        }
        Meta meta = MetaFile.read(disk, layout.directory());
        if (!meta.replica().equals(replica) || !meta.incarnation().equals(incarnation)) {
            throw new PermanentException(layout.directory() + " is the store of replica " + meta.replica()
                    + ", incarnation " + meta.incarnation() + ", and was to be opened for " + replica + ", incarnation "
                    + incarnation + ": configure another directory, or remove this one if it is of no use");
        }
        Health health = new Health(layout.directory().toString());
        Store.Live live = openLive(disk, layout, options, random, health, meta);
        boolean done = false;
        try {
            disk.delete(layout.directory().resolve(MetaFile.NAME + DiskOperations.UNFINISHED));
            Generations.removeOthers(disk, layout, meta.content());
            Store store = new Store(disk, layout, options, random, executor, health, live);
            store.laying().withImageAndStore(() -> {
                store.laying().settle(); // all of the bound is durable: what the image lacks of it is applied again
                store.live().image().recovered();
                return recovered(store, meta);
            });
            done = true;
            return store;
        } finally {
            if (!done) {
                live.log().close();
                live.image().close();
            }
        }
    }

    private static boolean recovered(Store store, Meta meta) throws IOException, RecoveryException {
        Store.Live live = store.live();
        Meta.Content content = meta.content();
        Appended flushed = live.log().flushed();
        if (live.image().applied() > content.checkpoint()) {
            live.image().sync();
        }
        Meta.Content applied = live.image().isPatched()
                ? content // until the patch is laid, what is applied over it is applied again at the next open
                : content.withCheckpoint(live.image().applied(), live.image().size());
        Meta.Content now =
                applied.withCut(OptionalLong.empty()).withLog(flushed.head().lsn(), store.told(), flushed.lineage());
        // Also when nothing changed: what was read may be in the system's memory only, left by a process that died.
        store.replaceMetaExactly(meta.with(now));
        if (store.options().snapshotBytes() > 0) {
            store.setLive(store.live().withBase());
        }
        return true;
    }

    /** Opens log and image of the generation that a meta file names, whether it is in force already or about to be. */
    static Store.Live openLive(
            Disk disk, Layout layout, VolumeOptions options, RandomGenerator random, Health health, Meta meta)
            throws IOException, RecoveryException {
        Meta.Content content = meta.content();
        Path path = layout.image(content.imageGeneration());
        requireImage(disk, path, content.patched() ? 0 : content.imageBytes());
        Image image = Image.open(
                disk,
                path,
                layout.sums(content.imageGeneration()),
                Generations.patch(disk, layout, content),
                layout.side(content.generation()),
                health,
                content.checkpoint(),
                content.imageBytes());
        boolean done = false;
        try {
            // The first that changes anything: before it, all but the records behind the checkpoint was looked at.
            SegmentLog log = SegmentLog.open(
                    disk, layout.log(content.generation()), content, options.segmentBytes(), random, health);
            try {
                Store.Live live = new Store.Live(meta, log, image, new Applier(log, image), Optional.empty());
                image.cutOff();
                done = true;
                return live;
            } finally {
                if (!done) {
                    log.close();
                }
            }
        } finally {
            if (!done) {
                image.close();
            }
        }
    }

    private static void requireImage(Disk disk, Path path, long atLeast) throws IOException, RecoveryException {
        try (DiskFile image = disk.openToRead(path)) {
            if (image.size() < atLeast) {
                throw Damage.found(
                        "the image was durable up to byte " + atLeast + " and ends at " + image.size(),
                        path,
                        image.size());
            }
        } catch (NoSuchFileException e) {
            throw Damage.found("the image is missing", path, 0);
        }
    }

    private static void create(
            Disk disk, Layout layout, RandomGenerator random, ReplicaId replica, Incarnation incarnation)
            throws IOException, RecoveryException {
        for (String name : disk.list(layout.directory())) {
            if (Layout.generationOf(name).isPresent()) {
                requireUnused(disk, layout, layout.directory().resolve(name));
                DiskOperations.deleteTree(disk, layout.directory().resolve(name));
            }
        }
        disk.createDirectories(layout.generation(1));
        try (DiskFile image = disk.create(layout.image(1))) {
            image.sync();
        }
        Checksums.create(disk, layout.sums(1)).close();
        disk.syncDirectory(layout.generation(1));
        SegmentLog.create(disk, layout.log(1), EntryId.NONE, random);
        StoreId id = new StoreId(String.format("%016x%016x", random.nextLong(), random.nextLong()));
        Meta.Content content =
                new Meta.Content(1, 1, false, EntryId.NONE, 0, 0, 0, 0, OptionalLong.empty(), Lineage.EMPTY);
        // Last: without it there is no store yet, and the next open begins anew.
        MetaFile.write(
                disk,
                layout.directory(),
                new Meta(replica, incarnation, new StoreIdentity(id, 0), Optional.empty(), Optional.empty(), content));
    }

    /** A crash during creation leaves no entry and no image; anything else means that the meta file was lost. */
    private static void requireUnused(Disk disk, Layout layout, Path path) throws IOException, RecoveryException {
        List<String> names = List.of();
        try {
            names = disk.list(path);
        } catch (NotDirectoryException file) {
            try (DiskFile opened = disk.openToRead(path)) {
                if (opened.size() > SegmentLog.EMPTY_BYTES) {
                    throw Damage.found(
                            "the meta file is missing and there are data beside it, in " + path,
                            layout.directory().resolve(MetaFile.NAME),
                            0);
                }
            }
        }
        for (String name : names) {
            requireUnused(disk, layout, path.resolve(name));
        }
    }
}
