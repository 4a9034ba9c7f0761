package io.resilver.host.volume.image;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.Health;
import io.resilver.spi.error.RecoveryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Stream;

/**
 * The image file, changed in place by committed entries in LSN order. {@link #apply} and {@link #freeze} are called by one
 * thread at a time; reading goes on beside them.
 *
 * <p>Each block has a checksum in a file beside it, and is served only when it fits: as it is, to a client, to a view and to a
 * base. A block and its checksum are two writes; what a crash leaves between them lies behind the checkpoint, and the log
 * writes it again.
 *
 * <p>Before the first change of a page after a freeze, its old bytes go to a side file. So a frozen view costs one page
 * read and one page write for each page that changes while it is open, however many views there are.
 */
public final class Image {
    /** How much is read and checked at a time. */
    private static final int CHUNK = 1 << 20;

    private final Blocks blocks;
    private final Health health;
    private final SideFile side;
    /** A block and its checksum change together, seen from who takes this; who reads takes it only when they do not fit. */
    private final ReadWriteLock together = new ReentrantReadWriteLock();

    private volatile long size;
    private volatile long applied;
    private final AtomicLong written = new AtomicLong();
    /** What entries have reached in part: nobody knows these bytes until they are applied again. */
    private volatile List<Run> partly = List.of();
    /** A crash may have come between a block and its checksum: what the log applies again is taken as it is. */
    private boolean recovering = true;

    private volatile boolean closed;

    /**
     * One sync at a time, with what comes of it: the system tells one of two that wait for the same pages that these could not be written, and
     * the other that all is well.
     */
    private final Object syncing = new Object();

    private Image(Blocks blocks, Health health, SideFile side, long applied, long size) {
        this.blocks = blocks;
        this.health = health;
        this.side = side;
        this.size = size;
        this.applied = applied;
    }

    /**
     * Opens an image. Until {@link #recovered} it takes what entries apply again as it is.
     *
     * @param path the image file, which is there
     * @param sumsPath its checksums, which are there
     * @param patch what lies over it, from an install that was committed; closed with the image, also when this fails
     * @param sidePath where old pages go; what is left there from before is overwritten
     * @param applied the image holds the entries up to this LSN, inclusive, and perhaps later ones that will be applied again
     * @param size how long it was then
     */
    public static Image open(
            Disk disk,
            Path path,
            Path sumsPath,
            Optional<Patch> patch,
            Path sidePath,
            Health health,
            long applied,
            long size)
            throws IOException, RecoveryException {
        Blocks blocks = Blocks.open(disk, path, sumsPath, patch);
        return new Image(blocks, health, new SideFile(disk, sidePath), applied, size);
    }

    /**
     * Cuts off what lies behind the length that it had at the checkpoint: either the log writes it again, or nobody wrote it.
     * Before anything is applied. With a patch that is done when the first of it is laid: until then the files may be another
     * image's.
     */
    public void cutOff() throws IOException {
        if (!blocks.isPatched()) {
            blocks.cutOff(size);
        }
    }

    /** Everything that may have been applied before a crash is applied again: from now on each block fits its checksum. */
    public void recovered() {
        recovering = false;
    }

    /** The LSN of the last entry that was applied. */
    public long applied() {
        return applied;
    }

    /** The same, while nothing is in the image of any later entry; empty when part of one is. */
    public OptionalLong appliedWholly() {
        return partly.isEmpty() ? OptionalLong.of(applied) : OptionalLong.empty();
    }

    /** Whether some of it is in a patch, or was before {@link #forgetPatch}. */
    public boolean isPatched() {
        return blocks.isPatched();
    }

    /**
     * How many writes can be applied with so much of the patch laid for them; at least one.
     *
     * @param writes what would be applied, in its order
     * @param mostBytes how much may be laid
     */
    public int affordable(List<BlockWrite> writes, long mostBytes) {
        return blocks.affordable(writes, mostBytes);
    }

    /**
     * Lays some of the patch over the image: what is read stays the same. By the thread that applies.
     *
     * @param mostBytes how much is laid at most, and one range more
     * @return whether more is left
     */
    public boolean lay(long mostBytes) throws IOException, RecoveryException {
        health.check();
        together.writeLock().lock();
        try {
            return blocks.lay(mostBytes);
        } finally {
            together.writeLock().unlock();
        }
    }

    /** The patch is laid and durable, and nothing names it any more. */
    public void forgetPatch() throws IOException {
        blocks.forgetPatch();
    }

    /** How many bytes were applied since the last {@link #resetWrittenBytes}. */
    public long writtenBytes() {
        return written.get();
    }

    /** Begins to count again; by the thread that applies. */
    public void resetWrittenBytes() {
        written.set(0);
    }

    /** How many bytes were written, entries' and a patch's, since it was last begun to make them durable. */
    public long unsyncedBytes() {
        return blocks.unsyncedBytes();
    }

    /** The length: the end of the highest write so far. */
    public long size() {
        return size;
    }

    /**
     * Applies entries that are durably known to be committed. When this fails, part of them may be in the image, and applying
     * the same entries again, all of them, makes it whole.
     *
     * @param writes what they do, in their order
     * @param lastLsn the LSN of the last one, above what was applied before
     */
    public void apply(List<BlockWrite> writes, long lastLsn) throws IOException, RecoveryException {
        health.check();
        List<BlockWrite> some =
                writes.stream().filter(write -> write.data().hasRemaining()).toList();
        if (!some.isEmpty()) {
            List<Run> runs = Run.of(some);
            runs.forEach(run -> side.save(this, run.from(), run.to()));
            together.writeLock().lock();
            try {
                for (Run run : runs) {
                    blocks.layUnder(run.firstBlock(), run.blocks());
                }
                change(runs);
            } finally {
                together.writeLock().unlock();
            }
            size = Math.max(size, runs.get(runs.size() - 1).to());
            some.forEach(write -> written.addAndGet(write.data().remaining()));
        }
        applied = lastLsn;
    }

    private void change(List<Run> runs) throws IOException, RecoveryException {
        List<Run> before = partly;
        boolean begun = false;
        for (Run run : runs) {
            ByteBuffer bytes = ByteBuffer.allocate(run.blocks() * Checksums.BLOCK);
            keep(run, bytes, before);
            run.over(bytes);
            int[] after = Checksums.of(bytes);
            if (!begun) {
                begun = true; // only now: damage that is found first leaves everything as it was
                partly = Stream.concat(before.stream(), runs.stream()).toList();
            }
            int at = (int) (run.from() - run.firstBlock() * Checksums.BLOCK);
            ByteBuffer changed = bytes.slice(at, (int) (run.to() - run.from()));
            blocks.write(run.from(), changed, run.firstBlock(), after);
        }
        partly = List.of();
    }

    /** Reads what stays of a run's blocks. It is checked first: damage must not get a good checksum. */
    private void keep(Run run, ByteBuffer bytes, List<Run> torn) throws IOException, RecoveryException {
        BitSet kept = run.kept();
        if (kept.isEmpty()) {
            return;
        }
        int from = kept.nextSetBit(0);
        ByteBuffer old = bytes.slice(from * Checksums.BLOCK, (kept.length() - from) * Checksums.BLOCK);
        blocks.read(run.firstBlock() + from, old);
        if (recovering || blocks.firstWrong(run.firstBlock() + from, old.rewind()) == kept.length() - from) {
            return;
        }
        for (int at = from; at >= 0; at = kept.nextSetBit(at + 1)) {
            requireRight(run.firstBlock() + at, bytes.slice(at * Checksums.BLOCK, Checksums.BLOCK), torn);
        }
    }

    /** Of a block that nobody knows nothing is required. */
    private void requireRight(long block, ByteBuffer bytes, List<Run> torn) throws IOException, RecoveryException {
        boolean known = torn.stream().noneMatch(each -> each.has(block));
        if (known && blocks.firstWrong(block, bytes) == 0) {
            throw blocks.damage(block);
        }
    }

    /**
     * Reads until the buffer is full or the image ends.
     *
     * @return how many bytes were read
     * @throws CorruptException when they are not what was written: then none is
     */
    public int read(long offset, ByteBuffer into) throws IOException, RecoveryException {
        int start = into.position();
        int length = (int) Math.max(0, Math.min(into.remaining(), size - offset));
        for (int done = 0; done < length; ) {
            long at = offset + done;
            long first = at / Checksums.BLOCK;
            int skip = (int) (at % Checksums.BLOCK);
            int part = Math.min(length - done, CHUNK - skip);
            if (skip == 0 && part % Checksums.BLOCK == 0) {
                check(first, into.slice(start + done, part));
            } else {
                into.put(start + done, checked(first, skip + part), skip, part);
            }
            done += part;
        }
        into.position(start + length);
        return length;
    }

    /** Whole blocks that hold so many bytes. */
    private ByteBuffer checked(long first, int bytes) throws IOException, RecoveryException {
        int count = (bytes + Checksums.BLOCK - 1) / Checksums.BLOCK;
        ByteBuffer whole = ByteBuffer.allocate(count * Checksums.BLOCK);
        check(first, whole);
        return whole.rewind();
    }

    /** Fills a buffer, at its beginning, with as many whole blocks as it has room for. */
    private void check(long first, ByteBuffer bytes) throws IOException, RecoveryException {
        int count = bytes.capacity() / Checksums.BLOCK;
        blocks.read(first, bytes);
        if (blocks.firstWrong(first, bytes.rewind()) == count) {
            return;
        }
        together.readLock().lock(); // it may have been changed while it was read
        try {
            blocks.read(first, bytes.rewind());
            for (int at = 0; at < count; at++) {
                requireRight(first + at, bytes.slice(at * Checksums.BLOCK, Checksums.BLOCK), partly);
            }
        } finally {
            together.readLock().unlock();
        }
    }

    /**
     * A CRC32C over the checksums of some blocks, which no patch has: other bytes have another one.
     *
     * @param offset where the first block begins
     * @param bytes how many bytes, up to the end of a block or of the image
     */
    public int described(long offset, int bytes) throws IOException {
        return blocks.described(offset / Checksums.BLOCK, (bytes + Checksums.BLOCK - 1) / Checksums.BLOCK);
    }

    /** Makes durable what was applied before the call. */
    public void sync() throws IOException, RecoveryException {
        synchronized (syncing) {
            health.check();
            try {
                blocks.sync();
            } catch (IOException e) {
                health.fail(e);
                throw e;
            }
        }
    }

    /**
     * The same, unless an install has replaced the image: then it is closed, also while this goes on, and what became of it is
     * nobody's concern.
     *
     * @return false when it was closed
     */
    public boolean syncIfOpen() throws IOException, RecoveryException {
        synchronized (syncing) {
            health.check();
            try {
                blocks.sync();
                return true;
            } catch (IOException e) {
                if (closed) {
                    return false;
                }
                health.fail(e);
                throw e;
            }
        }
    }

    /**
     * Freezes a view of the image as it is now. Costs nothing until pages change.
     *
     * @throws IOException when part of an entry was applied and the rest could not be
     */
    public Freeze freeze() throws IOException {
        if (!partly.isEmpty()) {
            throw new IOException("what follows LSN " + applied + " is in the image in part: apply it first");
        }
        return side.open(this, applied, size);
    }

    /** Closes the files. Views that are open fail from now on. Makes nothing durable. */
    public void close() throws IOException {
        closed = true;
        blocks.close();
        side.close();
    }
}
