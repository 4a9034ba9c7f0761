package io.resilver.host.volume.image;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskFile;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.RecoveryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Old pages that open views still need. A page is saved once and shared by all views that need it. The file means nothing
 * after a restart: views do not outlive the process, so nothing here is synced.
 *
 * <p>A reader needs no lock over its I/O: it asks for the saved page, and where there is none reads the image and asks
 * again. A page changes only after its old bytes were saved and published, so one of the two is right.
 */
final class SideFile {
    /** Small enough that a random write of 4 KiB copies little, large enough that a map of a terabyte fits in memory. */
    static final int PAGE = 64 << 10;

    private final Disk disk;
    private final Path path;
    private final Map<Freeze, Map<Long, Long>> views = new LinkedHashMap<>();
    private final Map<Long, Integer> users = new HashMap<>();
    /** What describes the blocks of each page that is kept: this file is as likely to rot as any. */
    private final Map<Long, int[]> sums = new ConcurrentHashMap<>();

    private final Deque<Long> free = new ArrayDeque<>();
    private long slots;
    private Optional<DiskFile> file = Optional.empty();

    SideFile(Disk disk, Path path) {
        this.disk = disk;
        this.path = path;
    }

    synchronized Freeze open(Image image, long lsn, long size) {
        Freeze view = new Freeze(image, this, lsn, size);
        views.put(view, new HashMap<>());
        return view;
    }

    /**
     * Saves the pages of a range that views need, before the range changes. One thread at a time. Views whose page cannot be
     * saved are lost: a reader never stops the writer, and never fills its disk (R20).
     */
    void save(Image image, long from, long to) {
        shrink();
        for (long page = from / PAGE; page * PAGE < to; page++) {
            List<Freeze> needing = needing(page);
            if (needing.isEmpty()) {
                continue;
            }
            long slot = takeSlot();
            try {
                ByteBuffer old = ByteBuffer.allocate(PAGE);
                image.read(page * PAGE, old);
                sums.put(slot, Checksums.of(old.clear()));
                opened().write(slot * PAGE, old);
            } catch (IOException | RecoveryException e) { // also one that is not what was written: nobody shall see it
                needing.forEach(this::close);
            }
            publish(page, slot);
        }
    }

    /** Where a view's page was saved, or empty while the image still has it. */
    synchronized Optional<Long> slotOf(Freeze view, long page) {
        return Optional.ofNullable(views.getOrDefault(view, Map.of()).get(page));
    }

    /** Reads a part of a page; who reads beside its release finds out that the view is gone. */
    void read(long slot, int at, ByteBuffer into) throws IOException, RecoveryException {
        int from = at - at % Checksums.BLOCK;
        int count = (at + into.remaining() - from + Checksums.BLOCK - 1) / Checksums.BLOCK;
        ByteBuffer blocks = ByteBuffer.allocate(count * Checksums.BLOCK);
        opened().read(slot * PAGE + from, blocks);
        int[] expected = sums.getOrDefault(slot, new int[PAGE / Checksums.BLOCK]);
        int[] found = Checksums.of(blocks.clear());
        for (int i = 0; i < count; i++) {
            if (found[i] != expected[from / Checksums.BLOCK + i]) {
                throw new CorruptException(
                        "an old page that a frozen view needs is not what was kept: freeze another view",
                        path.toString(),
                        slot * PAGE + from + (long) i * Checksums.BLOCK);
            }
        }
        into.put(into.position(), blocks, at - from, into.remaining());
    }

    synchronized boolean isOpen(Freeze view) {
        return views.containsKey(view);
    }

    synchronized long bytesOf(Freeze view) {
        return (long) views.getOrDefault(view, Map.of()).size() * PAGE;
    }

    synchronized void close(Freeze view) {
        Map<Long, Long> pages = views.remove(view);
        if (pages != null) {
            pages.values().forEach(this::leave);
        }
    }

    private synchronized List<Freeze> needing(long page) {
        List<Freeze> needing = new ArrayList<>();
        for (Map.Entry<Freeze, Map<Long, Long>> view : views.entrySet()) {
            if (page * PAGE < view.getKey().size() && !view.getValue().containsKey(page)) {
                needing.add(view.getKey());
            }
        }
        return needing;
    }

    private synchronized long takeSlot() {
        return free.isEmpty() ? slots++ : free.pop();
    }

    private synchronized void publish(long page, long slot) {
        users.put(slot, 0);
        for (Freeze view : needing(page)) {
            views.getOrDefault(view, new HashMap<>()).put(page, slot);
            users.merge(slot, 1, Integer::sum);
        }
        if (users.get(slot) == 0) {
            users.remove(slot);
            free.push(slot);
        }
    }

    private synchronized void leave(long slot) {
        if (users.merge(slot, -1, Integer::sum) == 0) {
            users.remove(slot);
            free.push(slot);
        }
    }

    /** Gives the space back once no view has a page here. */
    private synchronized void shrink() {
        if (users.isEmpty() && slots > 0 && file.isPresent()) {
            try {
                file.get().resize(0);
                slots = 0;
                free.clear();
            } catch (IOException e) {
                // The space stays taken and its slots stay free to be used again.
            }
        }
    }

    private synchronized DiskFile opened() throws IOException {
        if (file.isEmpty()) {
            file = Optional.of(disk.create(path));
        }
        return file.get();
    }

    synchronized void close() throws IOException {
        views.clear();
        if (file.isPresent()) {
            file.get().close();
            disk.delete(path);
            file = Optional.empty();
        }
    }
}
