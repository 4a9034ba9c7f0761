package io.resilver.host.volume;

import io.resilver.host.volume.image.BlockWrite;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes that lie over an image, by the stretch that they touch: who goes through an image looks at each write once, and not
 * at all of them for each stretch. Not thread safe.
 */
final class Overlay {
    private final Map<Long, List<BlockWrite>> byStretch = new HashMap<>();
    private final int stretchBytes;

    /**
     * Sorts writes.
     *
     * @param writes in the order in which they were made
     * @param stretchBytes how long each stretch is; they lie side by side from the image's beginning on
     */
    Overlay(List<BlockWrite> writes, int stretchBytes) {
        this.stretchBytes = stretchBytes;
        for (BlockWrite write : writes) {
            for (long at = write.offset() / stretchBytes; at * stretchBytes < write.end(); at++) {
                byStretch.computeIfAbsent(at, any -> new ArrayList<>()).add(write);
            }
        }
    }

    /**
     * What lies over a stretch.
     *
     * @param start where it begins in the image
     * @return in the order in which they were made
     */
    List<BlockWrite> at(long start) {
        return byStretch.getOrDefault(start / stretchBytes, List.of());
    }

    /**
     * The blocks of a stretch that writes touch.
     *
     * @param over what lies over it
     * @param start where it begins in the image
     * @param length how many bytes it has
     * @param block how long a block is
     * @return a bit for each block, from the stretch's beginning on
     */
    static BitSet touched(List<BlockWrite> over, long start, int length, int block) {
        BitSet touched = new BitSet();
        for (BlockWrite write : over) {
            int from = (int) Math.max(0, write.offset() - start);
            int to = (int) Math.min(length, write.end() - start);
            if (from < to) {
                touched.set(from / block, (to - 1) / block + 1);
            }
        }
        return touched;
    }
}
