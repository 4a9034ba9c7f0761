package io.resilver.rocksdb.base;

import io.resilver.host.disk.Damage;
import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskFile;
import io.resilver.spi.error.RecoveryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.rocksdb.Options;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileReader;

/**
 * Reads a checkpoint's directory as one run of bytes. The files do not change: tables never do, and the others are the
 * checkpoint's own. A table is compared with its own checksums before its first byte is served. Thread safe; blocks on I/O.
 */
public final class CheckpointImage {
    private static final String TABLE = ".sst";

    private final Disk disk;
    private final Path directory;
    private final ImageHeader header;
    private final ByteBuffer headerBytes;
    private final Set<String> verified = ConcurrentHashMap.newKeySet();
    private volatile long ownBytes;

    private CheckpointImage(Disk disk, Path directory, ImageHeader header) {
        this.disk = disk;
        this.directory = directory;
        this.header = header;
        this.headerBytes = ByteBuffer.wrap(header.encode());
    }

    /**
     * Looks at the files of a checkpoint.
     *
     * @param disk where
     * @param directory of the checkpoint
     * @return its image
     * @throws IOException when they cannot be listed
     */
    public static CheckpointImage of(Disk disk, Path directory) throws IOException {
        List<ImageHeader.Part> files = new ArrayList<>();
        for (String name : disk.list(directory)) {
            try (DiskFile file = disk.openToRead(directory.resolve(name))) {
                files.add(new ImageHeader.Part(name, 0, file.size()));
            }
        }
        List<ImageHeader.Part> placed = new ArrayList<>();
        long at = ImageHeader.bytes(files);
        for (ImageHeader.Part file : files) {
            placed.add(new ImageHeader.Part(file.name(), at, file.bytes()));
            at += file.bytes();
        }
        CheckpointImage image = new CheckpointImage(disk, directory, new ImageHeader(placed));
        image.measure();
        return image;
    }

    /**
     * The length of the image.
     *
     * @return bytes
     */
    public long size() {
        return header.imageBytes();
    }

    /**
     * Reads until the buffer is full or the image ends.
     *
     * @param offset bytes from the beginning of the image
     * @param into where to put them
     * @return how many bytes were read
     * @throws IOException when they cannot be read
     * @throws RecoveryException when a table is not what was written
     */
    public int read(long offset, ByteBuffer into) throws IOException, RecoveryException {
        int before = into.position();
        copyOf(headerBytes, offset, into);
        for (ImageHeader.Part part : header.parts()) {
            long at = offset + into.position() - before;
            if (into.hasRemaining() && at >= part.at() && at < part.at() + part.bytes()) {
                readPart(part, at - part.at(), into);
            }
        }
        return into.position() - before;
    }

    private static void copyOf(ByteBuffer bytes, long offset, ByteBuffer into) {
        if (offset < bytes.limit()) {
            int from = (int) offset;
            into.put(bytes.slice(from, Math.min(into.remaining(), bytes.limit() - from)));
        }
    }

    private void readPart(ImageHeader.Part part, long from, ByteBuffer into) throws IOException, RecoveryException {
        Path path = directory.resolve(part.name());
        if (part.name().endsWith(TABLE) && !verified.contains(part.name())) {
            verifyTable(path);
            verified.add(part.name());
        }
        int limit = into.limit();
        int wanted = (int) Math.min(into.remaining(), part.bytes() - from);
        try (DiskFile file = disk.openToRead(path)) {
            int got = file.read(from, into.limit(into.position() + wanted));
            if (got < wanted) {
                throw Damage.found("a file of a checkpoint became shorter", path, from + got);
            }
        } finally {
            into.limit(limit);
        }
    }

    private static void verifyTable(Path path) throws RecoveryException {
        try (Options options = new Options();
                SstFileReader reader = new SstFileReader(options)) {
            reader.open(path.toString());
            reader.verifyChecksum();
        } catch (RocksDBException e) {
            throw Damage.found("a table is not what was written, " + e.getMessage(), path, 0);
        }
    }

    /**
     * What {@link #measure} found last. Does not block.
     *
     * @return bytes
     */
    public long ownBytes() {
        return ownBytes;
    }

    /**
     * What would be freed if the checkpoint were removed: files that nothing else links to. It rises while tables of the
     * database go. An estimate.
     *
     * @return bytes
     */
    public long measure() {
        long own = 0;
        for (ImageHeader.Part part : header.parts()) {
            try {
                Object links = Files.getAttribute(directory.resolve(part.name()), "unix:nlink");
                own += links instanceof Integer count && count > 1 ? 0 : part.bytes();
            } catch (IOException | UnsupportedOperationException | IllegalArgumentException unknown) {
                own += part.bytes(); // a file system without links, or without this file: then it is a copy
            }
        }
        ownBytes = own;
        return own;
    }
}
