package io.resilver.host.disk;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A disk with directories and files. Thread safe; every call may block on I/O.
 *
 * <p>What a power failure leaves, on the real disk and on every modelled one: the content of a file up to its last {@link
 * DiskFile#sync}, and any part of what was written since; the names of a directory up to its last {@link
 * #syncDirectory}, and any part of what was created, moved or deleted in it since. A move is seen whole or not at all.
 */
public interface Disk {
    /**
     * Creates an empty file, or empties the one that is there. The name is durable after {@link #syncDirectory} only.
     *
     * @param file where
     * @return the file, to read and write, which the caller closes
     */
    DiskFile create(Path file) throws IOException;

    /**
     * Opens a file to read and write.
     *
     * @param file where
     * @return the file, which the caller closes
     * @throws java.nio.file.NoSuchFileException when it is not there
     */
    DiskFile open(Path file) throws IOException;

    /**
     * Opens a file only to read, which leaves no trace; another process may have it open.
     *
     * @param file where
     * @return the file, which the caller closes
     * @throws java.nio.file.NoSuchFileException when it is not there
     */
    DiskFile openToRead(Path file) throws IOException;

    /**
     * The names in a directory.
     *
     * @param directory where
     * @return the names without their path, sorted; none when the directory is not there
     * @throws java.nio.file.NotDirectoryException when it is a file
     */
    List<String> list(Path directory) throws IOException;

    /**
     * Creates a directory and what it lies in, durable on return. Idempotent.
     *
     * @param directory where
     */
    void createDirectories(Path directory) throws IOException;

    /**
     * Gives a file another name in the same directory, in place of the file of that name.
     *
     * @param from the present name
     * @param to the new name
     */
    void move(Path from, Path to) throws IOException;

    /**
     * Deletes a file, or an empty directory. Idempotent.
     *
     * @param path what
     */
    void delete(Path path) throws IOException;

    /**
     * Makes the names in a directory durable.
     *
     * @param directory where
     */
    void syncDirectory(Path directory) throws IOException;

    /**
     * How much can still be written.
     *
     * @param directory an existing directory
     * @return bytes, an estimate
     */
    long usableBytes(Path directory) throws IOException;

    /**
     * Locks a file against every other opener, in this process and in others, until closed or until the process ends.
     *
     * @param file the lock's file, created where it is not there
     * @return the lock, or empty when another one holds it
     */
    Optional<Closeable> lock(Path file) throws IOException;
}
