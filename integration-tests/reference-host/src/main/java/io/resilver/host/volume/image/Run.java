package io.resilver.host.volume.image;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;

/**
 * Blocks that follow each other and are changed together: one read of what stays of them, one write, one write of their
 * checksums, however many entries reach them.
 */
final class Run {
    /** The most that is in memory for it at a time: large enough that system calls do not count. */
    private static final int MOST_BLOCKS = (256 << 10) / Checksums.BLOCK;

    private final long first;
    private final int blocks;
    private final List<BlockWrite> writes = new ArrayList<>();
    private final BitSet whole = new BitSet();
    private long from = Long.MAX_VALUE;
    private long to = Long.MIN_VALUE;

    private Run(long first, int blocks) {
        this.first = first;
        this.blocks = blocks;
    }

    /**
     * Puts writes together by the blocks that they reach.
     *
     * @param writes in the order in which they happened; none is empty
     * @return in the order of their places; no two have a block in common
     */
    static List<Run> of(List<BlockWrite> writes) {
        List<BlockWrite> byPlace = new ArrayList<>(writes);
        byPlace.sort(Comparator.comparingLong(BlockWrite::offset));
        List<Run> runs = new ArrayList<>();
        long first = firstBlock(byPlace.get(0));
        long last = lastBlock(byPlace.get(0));
        for (BlockWrite write : byPlace) {
            if (firstBlock(write) > last + 1) {
                split(first, last, runs);
                first = firstBlock(write);
                last = lastBlock(write);
            }
            last = Math.max(last, lastBlock(write));
        }
        split(first, last, runs);
        long[] firsts = runs.stream().mapToLong(Run::firstBlock).toArray();
        for (BlockWrite write : writes) {
            int found = Arrays.binarySearch(firsts, firstBlock(write));
            for (int at = found < 0 ? -found - 2 : found; at < firsts.length && firsts[at] <= lastBlock(write); at++) {
                runs.get(at).add(write);
            }
        }
        return runs;
    }

    private static void split(long first, long last, List<Run> into) {
        for (long block = first; block <= last; block += MOST_BLOCKS) {
            into.add(new Run(block, (int) Math.min(MOST_BLOCKS, last - block + 1)));
        }
    }

    private static long firstBlock(BlockWrite write) {
        return write.offset() / Checksums.BLOCK;
    }

    private static long lastBlock(BlockWrite write) {
        return (write.end() - 1) / Checksums.BLOCK;
    }

    private void add(BlockWrite write) {
        writes.add(write);
        long start = first * Checksums.BLOCK;
        long inside = Math.max(write.offset(), start);
        long end = Math.min(write.end(), start + (long) blocks * Checksums.BLOCK);
        from = Math.min(from, inside);
        to = Math.max(to, end);
        int wholeFrom = (int) ((inside - start + Checksums.BLOCK - 1) / Checksums.BLOCK);
        int wholeTo = (int) ((end - start) / Checksums.BLOCK);
        if (wholeFrom < wholeTo) {
            whole.set(wholeFrom, wholeTo);
        }
    }

    long firstBlock() {
        return first;
    }

    int blocks() {
        return blocks;
    }

    boolean has(long block) {
        return block >= first && block < first + blocks;
    }

    /** The first byte that changes, from the beginning of the image. */
    long from() {
        return from;
    }

    /** The end of what changes, exclusive. */
    long to() {
        return to;
    }

    /** Which of its blocks keep something of what they held: no write replaces them whole. */
    BitSet kept() {
        BitSet kept = new BitSet(blocks);
        kept.set(0, blocks);
        kept.andNot(whole);
        return kept;
    }

    /** Lays its writes, in their order, over the bytes of its blocks. */
    void over(ByteBuffer bytes) {
        writes.forEach(write -> write.copyTo(first * Checksums.BLOCK, bytes));
    }
}
