package io.resilver.execution;

import io.resilver.spi.model.VolumeId;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The payload bytes that a host may have under way, and who waits for some: one of each volume in turn, and within a volume
 * first come, first served. Bytes that come back are given to those whose turn it is, and nobody else is woken; who comes
 * later does not go before them. Thread safe; callbacks run outside the lock, on the thread that gave the bytes back.
 */
final class ByteBudget {
    private final long total;
    private final Map<VolumeId, LinkedHashSet<Wait>> waiting = new LinkedHashMap<>();
    private long free;

    ByteBudget(long total) {
        this.total = total;
        this.free = total;
    }

    /**
     * Takes bytes. A request that is larger than the whole budget is granted when nothing else is under way, so that it can
     * go on at all.
     *
     * @param volume whose bytes
     * @param bytes how many
     * @param granted called once, with the bytes taken, when they could not be taken now and their turn has come
     * @return empty when they were taken now; else the wait
     */
    synchronized Optional<Wait> take(VolumeId volume, long bytes, Runnable granted) {
        if (waiting.isEmpty() && fits(bytes)) {
            free -= bytes;
            return Optional.empty();
        }
        Wait wait = new Wait(volume, bytes, granted);
        waiting.computeIfAbsent(volume, first -> new LinkedHashSet<>()).add(wait);
        return Optional.of(wait);
    }

    /** Takes bytes if there are so many that nobody waits for; false when there are not. */
    synchronized boolean takeNow(long bytes) {
        boolean taken = waiting.isEmpty() && fits(bytes);
        free -= taken ? bytes : 0;
        return taken;
    }

    /** Takes bytes whether or not there are so many. */
    synchronized void takeAnyway(long bytes) {
        free -= bytes;
    }

    void give(long bytes) {
        List<Wait> granted = new ArrayList<>(1);
        synchronized (this) {
            free += bytes;
            grant(granted);
        }
        granted.forEach(each -> each.granted.run());
    }

    synchronized long underWay() {
        return total - free;
    }

    private boolean fits(long bytes) {
        return bytes <= free || free == total;
    }

    private void grant(List<Wait> granted) {
        while (!waiting.isEmpty()) {
            Map.Entry<VolumeId, LinkedHashSet<Wait>> turn =
                    waiting.entrySet().iterator().next();
            LinkedHashSet<Wait> ofVolume = turn.getValue();
            Iterator<Wait> waits = ofVolume.iterator();
            Wait first = waits.next();
            if (!fits(first.bytes)) {
                return; // the next one may be smaller, and would always go before this one
            }
            waits.remove();
            waiting.remove(first.volume);
            if (!ofVolume.isEmpty()) {
                waiting.put(first.volume, ofVolume); // behind the others
            }
            free -= first.bytes;
            granted.add(first);
        }
    }

    /** A wait for bytes. Thread safe. */
    final class Wait {
        private final VolumeId volume;
        private final long bytes;
        private final Runnable granted;

        private Wait(VolumeId volume, long bytes, Runnable granted) {
            this.volume = volume;
            this.bytes = bytes;
            this.granted = granted;
        }

        /**
         * Waits no more; those behind it may have their turn.
         *
         * @return false when the bytes are taken already, and their owner has been told or will be
         */
        boolean forget() {
            List<Wait> next = new ArrayList<>(1);
            synchronized (ByteBudget.this) {
                LinkedHashSet<Wait> ofVolume = waiting.get(volume);
                if (ofVolume == null || !ofVolume.remove(this)) {
                    return false;
                }
                if (ofVolume.isEmpty()) {
                    waiting.remove(volume);
                }
                grant(next);
            }
            next.forEach(each -> each.granted.run());
            return true;
        }
    }
}
