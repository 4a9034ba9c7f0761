package io.resilver.host.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** What is built from the few operations of a {@link Disk}. */
public final class DiskOperations {
    /** What a file is called until it is whole; one that is found was never in force. */
    public static final String UNFINISHED = ".new";

    private DiskOperations() {}

    /**
     * Replaces a small file in one act, durable on return: a crash leaves the old bytes or the new.
     *
     * @param disk where
     * @param file which file
     * @param bytes its new content
     * @throws DiskFullException when there is no room: the old file is untouched
     * @throws IOException otherwise; then nobody knows which of the two is durable
     */
    public static void replace(Disk disk, Path file, ByteBuffer bytes) throws IOException {
        Path unfinished = file.resolveSibling(file.getFileName() + UNFINISHED);
        try (DiskFile opened = disk.create(unfinished)) {
            opened.write(0, bytes);
            opened.sync();
        }
        disk.move(unfinished, file);
        disk.syncDirectory(Objects.requireNonNull(file.getParent()));
    }

    /**
     * Reads a whole small file.
     *
     * @param disk where
     * @param file which file
     * @param most the greatest length that is read
     * @return its bytes, ready to be read; empty when it is longer
     */
    public static Optional<ByteBuffer> readAll(Disk disk, Path file, int most) throws IOException {
        try (DiskFile opened = disk.openToRead(file)) {
            long size = opened.size();
            if (size > most) {
                return Optional.empty();
            }
            ByteBuffer bytes = ByteBuffer.allocate((int) size);
            opened.read(0, bytes);
            return Optional.of(bytes.flip());
        }
    }

    /**
     * Deletes a file, or a directory with all that is in it. Not durable.
     *
     * @param disk where
     * @param path a file or directory; nothing happens when it is not there
     */
    public static void deleteTree(Disk disk, Path path) throws IOException {
        for (String name : names(disk, path)) {
            deleteTree(disk, path.resolve(name));
        }
        disk.delete(path);
    }

    private static Iterable<String> names(Disk disk, Path path) throws IOException {
        try {
            return disk.list(path);
        } catch (NotDirectoryException file) {
            return List.of();
        }
    }
}
