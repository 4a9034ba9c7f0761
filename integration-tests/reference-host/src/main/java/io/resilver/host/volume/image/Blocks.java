package io.resilver.host.volume.image;

import io.resilver.host.disk.Damage;
import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskFile;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.RecoveryException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The blocks of an image and their checksums: in its own files, and where a patch is not laid over these yet, in the patch's.
 * Reading goes on beside one thread that changes; what is read meanwhile may have a block from before and its checksum from after, so
 * that who finds them different looks again while nobody changes.
 */
public final class Blocks implements Closeable {
    private final Path path;
    private final DiskFile file;
    private final Checksums sums;
    private volatile Optional<Patch> patch;
    /** Whether file and checksums end where the patched image does. */
    private boolean fitted;

    private final AtomicLong unsynced = new AtomicLong();

    private Blocks(Path path, DiskFile file, Checksums sums, Optional<Patch> patch) {
        this.path = path;
        this.file = file;
        this.sums = sums;
        this.patch = patch;
    }

    /** Opens them to read and write; closes the patch too, also when this fails. */
    static Blocks open(Disk disk, Path path, Path sumsPath, Optional<Patch> patch)
            throws IOException, RecoveryException {
        return opened(path, patch, () -> disk.open(path), () -> Checksums.open(disk, sumsPath));
    }

    /**
     * Opens them to read, beside who has them open or after that died.
     *
     * @param path the image file
     * @param sumsPath its checksums
     * @param patch what lies over it; closed with this, also when this fails
     * @return the blocks, which the caller closes
     */
    public static Blocks openToRead(Disk disk, Path path, Path sumsPath, Optional<Patch> patch)
            throws IOException, RecoveryException {
        return opened(path, patch, () -> disk.openToRead(path), () -> Checksums.openToRead(disk, sumsPath));
    }

    private interface Opening<T> {
        T open() throws IOException, RecoveryException;
    }

    private static Blocks opened(
            Path path, Optional<Patch> patch, Opening<DiskFile> files, Opening<Checksums> checksums)
            throws IOException, RecoveryException {
        Optional<DiskFile> file = Optional.empty();
        boolean done = false;
        try {
            file = Optional.of(files.open());
            Blocks blocks = new Blocks(path, file.get(), checksums.open(), patch);
            done = true;
            return blocks;
        } finally {
            if (!done && file.isPresent()) {
                file.get().close();
            }
            if (!done && patch.isPresent()) {
                patch.get().close();
            }
        }
    }

    /**
     * Fills a buffer from its beginning with whole blocks; its position ends at its capacity.
     *
     * @param first the first block's number
     * @param blocks room for whole blocks. What lies behind the end of the file reads as zeros, and never as what it held before
     */
    public void read(long first, ByteBuffer blocks) throws IOException {
        int count = blocks.capacity() / Checksums.BLOCK;
        for (int at = 0; at < count; ) {
            Optional<Patch> over = patch;
            boolean patched = over.isPresent() && over.get().has(first + at);
            int alike = over.isPresent() ? over.get().alike(first + at, count - at) : count - at;
            ByteBuffer part = blocks.slice(at * Checksums.BLOCK, alike * Checksums.BLOCK);
            try {
                (patched ? over.get().file() : file).read((first + at) * Checksums.BLOCK, part);
            } catch (ClosedChannelException e) {
                if (!patched || patch.isPresent()) {
                    throw e;
                }
                continue; // the patch was laid and forgotten meanwhile
            }
            while (part.hasRemaining()) {
                part.put((byte) 0);
            }
            at += alike;
        }
        blocks.position(blocks.capacity());
    }

    /**
     * The first of some blocks that is not what its checksum says.
     *
     * @param first the first block's number
     * @param blocks bytes that begin with a block, and end with one or with the image
     * @return its place among them, or their number where all are right
     */
    public int firstWrong(long first, ByteBuffer blocks) throws IOException {
        Optional<Patch> over = patch;
        if (over.isEmpty()) {
            return sums.firstWrong(first, blocks);
        }
        try {
            return firstWrong(first, blocks, over.get());
        } catch (ClosedChannelException e) {
            if (patch.isPresent()) {
                throw e;
            }
            return sums.firstWrong(first, blocks); // it was laid and forgotten meanwhile
        }
    }

    private int firstWrong(long first, ByteBuffer blocks, Patch over) throws IOException {
        int count = (blocks.remaining() + Checksums.BLOCK - 1) / Checksums.BLOCK;
        for (int at = 0; at < count; ) {
            int alike = over.alike(first + at, count - at);
            int from = at * Checksums.BLOCK;
            int length = Math.min(alike * Checksums.BLOCK, blocks.remaining() - from);
            Checksums by = over.has(first + at) ? over.sums() : sums;
            int wrong = by.firstWrong(first + at, blocks.slice(blocks.position() + from, length));
            if (wrong < alike) {
                return at + wrong;
            }
            at += alike;
        }
        return count;
    }

    /** A CRC32C over the checksums of some blocks, which no patch has. */
    int described(long first, int count) throws IOException {
        return Checksums.over(sums.read(first, count));
    }

    /** That a block is not what was written, for a person who is to act on it. */
    public CorruptException damage(long block) {
        Path where = patch.filter(over -> over.has(block)).map(Patch::path).orElse(path);
        return Damage.found(
                "the " + Checksums.BLOCK
                        + " bytes of the image from here on are not what was written, or their checksum is not",
                where,
                block * Checksums.BLOCK);
    }

    /** Writes bytes of blocks that no patch has, and what describes these blocks. */
    void write(long offset, ByteBuffer data, long firstBlock, int[] described) throws IOException {
        unsynced.addAndGet(data.remaining());
        file.write(offset, data);
        sums.write(firstBlock, described);
    }

    /** How many bytes were written since the last {@link #sync} began. */
    long unsyncedBytes() {
        return unsynced.get();
    }

    /** Cuts off what lies behind a length, before anything is changed. */
    void cutOff(long size) throws IOException {
        file.resize(Math.min(size, file.size()));
    }

    /** Whether there is a patch, laid or not. */
    boolean isPatched() {
        return patch.isPresent();
    }

    /** Lays what is under some blocks that will be changed; nothing may be changed before. */
    void layUnder(long firstBlock, long blocks) throws IOException, RecoveryException {
        Optional<Patch> over = patch;
        if (over.isPresent()) {
            int last = over.get().rangeOf(firstBlock + blocks - 1);
            OptionalInt range = next(over.get(), over.get().rangeOf(firstBlock));
            while (range.isPresent() && range.getAsInt() <= last) {
                lay(over.get(), range.getAsInt());
                range = next(over.get(), range.getAsInt() + 1);
            }
        }
    }

    /** How many writes can be applied with so much laid for them; at least one. */
    int affordable(List<BlockWrite> writes, long mostBytes) {
        Optional<Patch> over = patch;
        if (over.isEmpty()) {
            return writes.size();
        }
        long most = mostBytes / ((long) over.get().rangeBlocks() * Checksums.BLOCK);
        BitSet laid = new BitSet();
        int count = 0;
        for (BlockWrite write : writes) {
            if (write.data().hasRemaining()) {
                over.get().under(write, laid);
            }
            if (count > 0 && laid.cardinality() > most) {
                break;
            }
            count++;
        }
        return count;
    }

    /**
     * Lays some of what is left.
     *
     * @param mostBytes it stops behind so many
     * @return whether more is left
     */
    boolean lay(long mostBytes) throws IOException, RecoveryException {
        Optional<Patch> over = patch;
        if (over.isEmpty()) {
            return false;
        }
        OptionalInt range = next(over.get(), 0);
        for (long laid = 0; range.isPresent() && laid < mostBytes; range = next(over.get(), range.getAsInt())) {
            laid += lay(over.get(), range.getAsInt());
        }
        return range.isPresent();
    }

    /** Also that the image ends where it should: what the old one had behind that must not be taken for a hole. */
    private OptionalInt next(Patch over, int from) throws IOException {
        if (!fitted) {
            file.resize(over.bytes());
            sums.cutOff((over.bytes() + Checksums.BLOCK - 1) / Checksums.BLOCK);
            fitted = true;
        }
        return over.next(from);
    }

    private int lay(Patch over, int range) throws IOException, RecoveryException {
        long first = (long) range * over.rangeBlocks();
        long from = first * Checksums.BLOCK;
        int length = (int) Math.min((long) over.rangeBlocks() * Checksums.BLOCK, over.bytes() - from);
        ByteBuffer bytes = ByteBuffer.allocate(length);
        over.file().read(from, bytes);
        int[] found = Checksums.of(bytes.rewind());
        int wrong = over.sums().firstWrong(first, bytes);
        if (wrong < found.length) {
            throw damage(first + wrong);
        }
        write(from, bytes, first, found);
        over.laid(range);
        return length;
    }

    /** All of the patch is in the image, durably, and nothing says any more that there is one. */
    void forgetPatch() throws IOException {
        Optional<Patch> laid = patch;
        patch = Optional.empty();
        if (laid.isPresent()) {
            laid.get().close();
        }
    }

    /** Makes durable what was written before the call. */
    void sync() throws IOException {
        unsynced.set(0);
        file.sync();
        sums.sync();
    }

    @Override
    public void close() throws IOException {
        try {
            file.close();
            sums.close();
        } finally {
            forgetPatch();
        }
    }
}
