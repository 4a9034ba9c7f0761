package io.resilver.host.volume;

import io.resilver.host.disk.Damage;
import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskFile;
import io.resilver.host.engine.HostStoreFiles;
import io.resilver.host.volume.image.BlockWrite;
import io.resilver.host.volume.image.Blocks;
import io.resilver.host.volume.image.Checksums;
import io.resilver.host.volume.log.LogReader;
import io.resilver.host.volume.log.SegmentLog;
import io.resilver.host.volume.meta.Meta;
import io.resilver.host.volume.meta.MetaFile;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.LogEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;

/**
 * Looks at a store from its files alone, beside the program that has it open or after it died. Changes nothing and takes no
 * lock. Thread safe.
 */
public final class StoreReader implements HostStoreFiles {
    /** A store that replaces its meta file more often than this during one look is too busy to be looked at. */
    private static final int ATTEMPTS = 10;

    private static final int WINDOW = 1 << 20;

    private final Disk disk;
    private final Path directory;

    /**
     * A reader; does no I/O.
     *
     * @param disk where the files are
     * @param directory the store's directory
     */
    public StoreReader(Disk disk, Path directory) {
        this.disk = disk;
        this.directory = directory;
    }

    /**
     * How far the log is proved to be durable: what was flushed when the last record was written, at least. It trails what
     * the store itself knows by at most one flush.
     *
     * @return an LSN, 0 for an empty log
     * @throws RecoveryException when the store is damaged or cannot be read
     */
    @Override
    public long durableLsn() throws RecoveryException {
        return looking((meta, view) -> Math.max(view.proved(), meta.content().durable()));
    }

    /**
     * The SHA-256 of the image as it is at an LSN: the image file with the entries after the checkpoint laid over it. Nobody
     * may commit entries above that LSN meanwhile.
     *
     * @param upToLsn inclusive, at or above the committed bound in the files; empty for just that bound
     * @return 64 hexadecimal digits
     * @throws PermanentException when the files do not have the image at that LSN
     * @throws RecoveryException when the store is damaged or cannot be read
     */
    @Override
    public String sha256(OptionalLong upToLsn) throws RecoveryException {
        return looking((meta, view) -> {
            long bound = view.log().flushed().noted();
            long least = Math.max(bound, meta.content().checkpoint());
            long lsn = upToLsn.orElse(least);
            if (lsn < least || lsn > Math.max(least, view.log().flushed().head().lsn())) {
                throw new PermanentException("the image of " + directory + " can be read at LSN " + least + " to "
                        + view.log().flushed().head().lsn() + ", and LSN " + lsn + " was asked for");
            }
            return hash(meta, writes(view.log(), meta.content().checkpoint(), lsn));
        });
    }

    /**
     * The entries that the log holds, each with the epoch that wrote it.
     *
     * @return their ids in the order of the log
     * @throws RecoveryException when the store is damaged or cannot be read
     */
    public List<EntryId> entries() throws RecoveryException {
        return looking((meta, view) -> {
            List<EntryId> ids = new ArrayList<>();
            LogReader reader = view.log().read(view.log().tail().lsn());
            long head = view.log().flushed().head().lsn();
            List<LogEntry> entries = reader.next(head, WINDOW).entries();
            while (!entries.isEmpty()) {
                entries.forEach(each -> ids.add(each.id()));
                entries = reader.next(head, WINDOW).entries();
            }
            return ids;
        });
    }

    private <T> T looking(Look<T> look) throws RecoveryException {
        Layout layout = new Layout(directory);
        for (int attempt = 1; ; attempt++) {
            Meta meta;
            try {
                meta = MetaFile.read(disk, directory);
            } catch (IOException e) {
                throw Store.translated(e, layout);
            }
            try {
                T seen = look(layout, meta, look);
                if (unchanged(meta)) {
                    return seen;
                }
            } catch (IOException | RecoveryException e) {
                if (unchanged(meta)) {
                    throw e instanceof RecoveryException typed ? typed : Store.translated((IOException) e, layout);
                }
            }
            if (attempt == ATTEMPTS) {
                throw new RetriableException(directory + " changes all the time", Duration.ZERO);
            }
        }
    }

    private <T> T look(Layout layout, Meta meta, Look<T> look) throws IOException, RecoveryException {
        SegmentLog.View view =
                SegmentLog.openToRead(disk, layout.log(meta.content().generation()), meta.content());
        try {
            return look.at(meta, view);
        } finally {
            view.log().close();
        }
    }

    private boolean unchanged(Meta meta) throws RecoveryException {
        try {
            return MetaFile.read(disk, directory).equals(meta);
        } catch (IOException e) {
            throw Store.translated(e, new Layout(directory));
        }
    }

    private static List<BlockWrite> writes(SegmentLog log, long after, long upTo)
            throws IOException, RecoveryException {
        List<BlockWrite> writes = new ArrayList<>();
        LogReader reader = log.read(after);
        List<LogEntry> entries = reader.next(upTo, WINDOW).entries();
        while (!entries.isEmpty()) {
            for (LogEntry entry : entries) {
                writes.add(BlockWrite.decode(entry.payload()));
            }
            entries = reader.next(upTo, WINDOW).entries();
        }
        return writes;
    }

    private String hash(Meta meta, List<BlockWrite> writes) throws IOException, RecoveryException {
        MessageDigest digest = sha256();
        Layout layout = new Layout(directory);
        Path path = layout.image(meta.content().imageGeneration());
        requireLength(path, meta.content());
        try (Blocks image = Blocks.openToRead(
                disk,
                path,
                layout.sums(meta.content().imageGeneration()),
                Generations.patch(disk, layout, meta.content()))) {
            long atRest = meta.content().imageBytes(); // what lies behind it is what the log has, or nobody's
            long size = atRest;
            for (BlockWrite write : writes) {
                size = write.data().hasRemaining() ? Math.max(size, write.end()) : size;
            }
            Overlay overlay = new Overlay(writes, WINDOW);
            for (long start = 0; start < size; start += WINDOW) {
                ByteBuffer whole = ByteBuffer.allocate(WINDOW);
                image.read(start / Checksums.BLOCK, whole);
                ByteBuffer window = whole.slice(0, (int) Math.min(WINDOW, size - start));
                int ours = (int) Math.max(0, Math.min(window.limit(), atRest - start));
                Arrays.fill(whole.array(), ours, window.limit(), (byte) 0);
                List<BlockWrite> over = overlay.at(start);
                requireRight(image, start, window, ours, over);
                for (BlockWrite write : over) {
                    write.copyTo(start, window.rewind());
                }
                digest.update(window.rewind());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /**
     * Blocks that no entry after the checkpoint touches are at rest, and fit their checksums whoever has the store open.
     *
     * @param ours how many bytes of the window the image had at the checkpoint
     */
    private static void requireRight(Blocks image, long start, ByteBuffer window, int ours, List<BlockWrite> over)
            throws IOException, RecoveryException {
        BitSet touched = Overlay.touched(over, start, window.limit(), Checksums.BLOCK);
        for (int at = 0; at < ours; at += Checksums.BLOCK) {
            long block = (start + at) / Checksums.BLOCK;
            ByteBuffer bytes = window.slice(at, Math.min(Checksums.BLOCK, ours - at));
            if (!touched.get(at / Checksums.BLOCK) && image.firstWrong(block, bytes) == 0) {
                throw image.damage(block);
            }
        }
    }

    private void requireLength(Path path, Meta.Content content) throws IOException, RecoveryException {
        try (DiskFile image = disk.openToRead(path)) {
            if (image.size() < content.imageBytes() && !content.patched()) {
                throw Damage.found(
                        "the image was durable up to byte " + content.imageBytes() + " and ends at " + image.size(),
                        path,
                        image.size());
            }
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private interface Look<T> {
        T at(Meta meta, SegmentLog.View view) throws IOException, RecoveryException;
    }
}
