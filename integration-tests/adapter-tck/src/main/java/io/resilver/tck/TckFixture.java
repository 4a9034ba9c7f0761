package io.resilver.tck;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.storage.StorageAdapterProvider;
import io.resilver.spi.storage.VolumeStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the tests must know of a storage engine: how it is opened, how its host product writes to it and trims it, and how the
 * content of two stores is compared. The class is public and has a public constructor without arguments, since crash tests make
 * another one in a process of their own. It keeps no state: each method says by its parameters which store is meant.
 *
 * <p>A store that is passed in is open, and came from the adapter that {@link #provider} opened: an engine may cast it to its own
 * type. Whatever a method throws fails the test.
 */
public interface TckFixture {
    /**
     * The provider under test, as {@link java.util.ServiceLoader} would find it.
     *
     * @return a new one at every call
     */
    StorageAdapterProvider provider();

    /**
     * The version of the adapter, for the report.
     *
     * @return for example {@code 1.4.2}
     */
    String adapterVersion();

    /**
     * The adapter's own configuration, with the prefix stripped: a store that is small, so that a few hundred small writes give
     * several {@linkplain #entriesPerLogUnit units of log}, and that takes checkpoints and trims only when it is told to.
     *
     * @return keys and values, all of which the adapter asks for
     */
    default Map<String, String> configuration() {
        return Map.of();
    }

    /**
     * A key of the adapter with a value that is not possible.
     *
     * @return the two, or empty where the adapter has no such key
     */
    default Optional<Map.Entry<String, String>> impossibleSetting() {
        return Optional.empty();
    }

    /**
     * How many {@linkplain #write writes} fill at least one unit in which the engine lets go of log (a segment, a WAL file),
     * with {@link #configuration}. {@link #write} may see to it that they do.
     *
     * @return 1 or more, at most 100
     */
    int entriesPerLogUnit();

    /**
     * Writes one small change by the host product's own means, as a primary does: one entry at the end of the log. It need not
     * be durable on return; {@link io.resilver.spi.storage.ReplicaVolume#flush} makes it so. The same number always writes the
     * same: stores that had the same numbers in the same order have the same content, and one that lacks the last of them, or
     * had another number in its place, has another content. Numbers that are near each other change different places.
     *
     * @param store the store of the primary
     * @param writer the primary's term; the engine records it with the entry if the log has no entry of it yet
     * @param number what to write, 0 or more
     * @return the LSN of the entry: that of {@link io.resilver.spi.model.LogEntry#lsn} when it is read
     * @throws RecoveryException when it cannot be written
     */
    long write(VolumeStore store, LineageElement writer, long number) throws RecoveryException;

    /**
     * The committed content of a store, as its host product would read it: not how the engine keeps it. The tests have flushed
     * it before and told the store that its head is committed.
     *
     * @param store any store
     * @return the same for stores that hold the same, another for others; for example a SHA-256
     * @throws RecoveryException when it cannot be read
     */
    String digest(VolumeStore store) throws RecoveryException;

    /**
     * Takes a checkpoint, by the host product's own means, at the last entry that the store was told to be committed. Where
     * {@link io.resilver.spi.storage.Capability#SNAPSHOT} is declared it is trusted afterwards; else it may do nothing.
     *
     * @param store any store, flushed
     * @throws RecoveryException when it cannot be taken
     */
    void checkpoint(VolumeStore store) throws RecoveryException;

    /**
     * Lets go of as much log as the host product can up to an LSN, never of what a pin holds. It does first whatever the engine
     * needs for it, a checkpoint for example. Where a whole {@linkplain #entriesPerLogUnit unit} lies between the tail and the
     * LSN, committed and held by no pin, the tail rises.
     *
     * @param store any store, flushed, whose head it was told to be committed
     * @param lsn the highest tail wanted, inclusive
     * @return the tail afterwards, as {@link io.resilver.spi.model.RetainedHistory#tailLsn} tells it
     * @throws RecoveryException when it cannot be done
     */
    long trim(VolumeStore store, long lsn) throws RecoveryException;

    /**
     * In which ranges the tests install a base image. Bases come from other hosts, whose ranges may have another size than this
     * one would choose; the tests cut a small image into a few. Override it where the engine accepts only certain sizes.
     *
     * @param sizeBytes the length of an image of the engine, 1 or more
     * @return a size, with which the image has at least three ranges
     */
    default int rangeBytes(long sizeBytes) {
        return (int) Math.max(1, Math.min(1 << 20, sizeBytes / 4));
    }

    /**
     * What this process has open below a directory: files, and handles of the engine that stand for something to close. The
     * default asks Linux; override it on another system, or where the engine has what that cannot see.
     *
     * @param directory the adapter's data directory
     * @return names, each once for each time that it is open
     * @throws IOException when it cannot be told
     */
    default List<String> openFiles(Path directory) throws IOException {
        return OpenFiles.below(directory);
    }

    /**
     * What the virtual machine of a process that is killed needs besides the class path of this one.
     *
     * @return options of {@code java}
     */
    default List<String> processOptions() {
        return List.of();
    }

    /**
     * Changes one byte of an entry on disk, behind the engine's back: a byte that matters, of its payload for example.
     *
     * @param dataDirectory of the adapter
     * @param replica whose store, which is closed
     * @param lsn the entry, which is not the last one and not trimmed
     * @return false where the fixture cannot do it, and nothing was changed
     * @throws IOException when it failed
     */
    default boolean damageEntry(Path dataDirectory, ReplicaId replica, long lsn) throws IOException {
        return false;
    }

    /**
     * Changes one byte of the image on disk, behind the engine's back: one that a base would carry.
     *
     * @param dataDirectory of the adapter
     * @param replica whose store, which is closed, with everything in the image
     * @return false where the fixture cannot do it, and nothing was changed
     * @throws IOException when it failed
     */
    default boolean damageImage(Path dataDirectory, ReplicaId replica) throws IOException {
        return false;
    }

    /**
     * Changes one byte of a staged range on disk, behind the engine's back.
     *
     * @param dataDirectory of the adapter
     * @param replica whose store, which is closed
     * @param offset the byte of the staged base, in a range that is durable
     * @return false where the fixture cannot do it, and nothing was changed
     * @throws IOException when it failed
     */
    default boolean damageStaged(Path dataDirectory, ReplicaId replica, long offset) throws IOException {
        return false;
    }
}
