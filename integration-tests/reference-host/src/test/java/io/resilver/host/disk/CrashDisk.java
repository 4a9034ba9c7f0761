package io.resilver.host.disk;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/**
 * A disk in memory that loses power. What was not synced survives in any part: of a write any of its sectors, of a
 * directory's changes any subset. It can lose power at the n-th change, in the middle of it, or fail that one change and live on.
 */
public final class CrashDisk implements Disk {
    private static final int SECTOR = 512;

    private final Map<Path, Inode> names = new TreeMap<>();
    private final Map<Path, Inode> durableNames = new TreeMap<>();
    private final List<NameChange> pending = new ArrayList<>();
    private final Set<Path> directories = new TreeSet<>();
    private final Set<Path> locks = new TreeSet<>();
    private final Map<Path, Long> readBytes = new TreeMap<>();
    private long changes;
    private long writtenBytes;
    private OptionalLong failAt = OptionalLong.empty();
    private boolean failOnce;
    private boolean off;
    private long room = Long.MAX_VALUE;
    private long longest = Integer.MAX_VALUE;
    private volatile Runnable beforeSync = () -> {};
    private volatile Runnable beforeRead = () -> {};

    private record NameChange(Path directory, Map<Path, Optional<Inode>> effect) {}

    /** A write, or with no data a change of the length. */
    private record Change(long position, Optional<ByteBuffer> data) {}

    private static final class Inode {
        private byte[] durable = new byte[0];
        private byte[] current = new byte[0];
        private final List<Change> unsynced = new ArrayList<>();
    }

    /** How many changes were made. */
    public synchronized long changes() {
        return changes;
    }

    /** How many bytes of a file were read. */
    public synchronized long readBytes(Path file) {
        return readBytes.getOrDefault(file, 0L);
    }

    /** How many bytes were written to all files. */
    public synchronized long writtenBytes() {
        return writtenBytes;
    }

    /** How many bytes were written to a file since its last sync. */
    public synchronized long unsyncedBytes(Path file) {
        return names.get(file).unsynced.stream()
                .mapToLong(change -> change.data().map(ByteBuffer::remaining).orElse(0))
                .sum();
    }

    /** Power goes at the n-th change from now, counted from 1. */
    public synchronized void loseAt(long n) {
        failAt = OptionalLong.of(changes + n);
        failOnce = false;
    }

    /** The n-th change from now fails, and the disk lives on. */
    public synchronized void failOnceAt(long n) {
        failAt = OptionalLong.of(changes + n);
        failOnce = true;
    }

    /** No planned failure any more. */
    public synchronized void failNoMore() {
        failAt = OptionalLong.empty();
    }

    /** Bytes that can be written until the disk is full. */
    public synchronized void room(long bytes) {
        room = bytes;
    }

    /** No file can be longer: as with every real one, though theirs is greater. */
    public synchronized void longest(long bytes) {
        longest = bytes;
    }

    /** Runs before each read of a file, by the thread that reads. */
    public void beforeRead(Runnable hook) {
        beforeRead = hook;
    }

    /** Runs before each sync of a file, by the thread that syncs. */
    public void beforeSync(Runnable hook) {
        beforeSync = hook;
    }

    /** Whether the power went. */
    public synchronized boolean isOff() {
        return off;
    }

    /** Whether the planned failure has come. */
    public synchronized boolean hasFailed() {
        return failAt.isPresent() && changes >= failAt.getAsLong();
    }

    /** The process that used the disk died; the disk and the system's memory live on. */
    public synchronized void processDied() {
        locks.clear();
    }

    /** The disk after the power came back. */
    public synchronized CrashDisk restarted(RandomGenerator random) {
        CrashDisk next = new CrashDisk();
        next.directories.addAll(directories);
        Map<Path, Inode> survived = new TreeMap<>(durableNames);
        for (NameChange change : pending) {
            if (random.nextBoolean()) {
                change.effect()
                        .forEach((path, inode) ->
                                inode.ifPresentOrElse(there -> survived.put(path, there), () -> survived.remove(path)));
            }
        }
        Map<Inode, Inode> copies = new HashMap<>();
        survived.forEach((path, inode) ->
                next.names.put(path, copies.computeIfAbsent(inode, original -> afterCrash(original, random))));
        next.durableNames.putAll(next.names);
        return next;
    }

    private static Inode afterCrash(Inode inode, RandomGenerator random) {
        byte[] bytes = inode.durable.clone();
        int mode = random.nextInt(3); // nothing, all, or any sectors
        for (Change change : inode.unsynced) {
            if (change.data().isEmpty()) {
                bytes = survives(mode, random) ? applied(bytes, change) : bytes;
                continue;
            }
            ByteBuffer data = change.data().get();
            for (int at = 0; at < data.limit(); at += SECTOR) {
                if (survives(mode, random)) {
                    ByteBuffer sector = data.slice(at, Math.min(SECTOR, data.limit() - at));
                    bytes = applied(bytes, new Change(change.position() + at, Optional.of(sector)));
                }
            }
        }
        Inode copy = new Inode();
        copy.durable = bytes;
        copy.current = bytes.clone();
        return copy;
    }

    private static boolean survives(int mode, RandomGenerator random) {
        return mode == 1 || (mode == 2 && random.nextBoolean());
    }

    /** Whoever calls owns the bytes: they are changed in place as long as they do not grow. */
    private static byte[] applied(byte[] bytes, Change change) {
        if (change.data().isEmpty()) {
            return Arrays.copyOf(bytes, (int) change.position());
        }
        ByteBuffer data = change.data().get();
        int position = (int) change.position();
        int end = position + data.limit();
        byte[] longer = end <= bytes.length ? bytes : Arrays.copyOf(bytes, end);
        data.duplicate().get(longer, position, data.limit());
        return longer;
    }

    /** Flips one bit of a file, durably. */
    public synchronized void flip(Path file, long position, int bit) {
        Inode inode = names.get(file);
        inode.current[(int) position] ^= (byte) (1 << bit);
        inode.durable = inode.current.clone();
        inode.unsynced.clear();
    }

    /** A copy of a file's bytes. */
    public synchronized byte[] bytes(Path file) {
        return names.get(file).current.clone();
    }

    /** Puts other bytes into a file, durably. */
    public synchronized void replace(Path file, byte[] bytes) {
        Inode inode = names.get(file);
        inode.current = bytes.clone();
        inode.durable = bytes.clone();
        inode.unsynced.clear();
    }

    /** All files with their length. */
    public synchronized Map<Path, Integer> files() {
        Map<Path, Integer> files = new TreeMap<>();
        names.forEach((path, inode) -> files.put(path, inode.current.length));
        return files;
    }

    /** The content of every file. */
    public synchronized Map<Path, String> contents() {
        Map<Path, String> contents = new TreeMap<>();
        // One character a byte: told apart like bytes, and cheap enough to be asked for at each of many trials.
        names.forEach((path, inode) -> contents.put(path, new String(inode.current, StandardCharsets.ISO_8859_1)));
        return contents;
    }

    private void change() throws IOException {
        checkOn();
        changes++;
        if (failAt.isPresent() && changes == failAt.getAsLong()) {
            off = !failOnce;
            throw new IOException(failOnce ? "this change failed" : "the power went");
        }
    }

    private void checkOn() throws IOException {
        if (off) {
            throw new IOException("the power is off");
        }
    }

    private void rename(Path directory, Map<Path, Optional<Inode>> effect) {
        pending.add(new NameChange(directory, effect));
        effect.forEach(
                (path, inode) -> inode.ifPresentOrElse(there -> names.put(path, there), () -> names.remove(path)));
    }

    @Override
    public synchronized DiskFile create(Path file) throws IOException {
        change();
        Inode inode = names.get(file);
        if (inode == null) {
            inode = new Inode();
            rename(file.getParent(), Map.of(file, Optional.of(inode)));
        } else {
            inode.current = new byte[0];
            inode.unsynced.add(new Change(0, Optional.empty()));
        }
        return new OpenFile(file, inode, true);
    }

    @Override
    public synchronized DiskFile open(Path file) throws IOException {
        return new OpenFile(file, existing(file), true);
    }

    @Override
    public synchronized DiskFile openToRead(Path file) throws IOException {
        return new OpenFile(file, existing(file), false);
    }

    private Inode existing(Path file) throws IOException {
        checkOn();
        Inode inode = names.get(file);
        if (inode == null) {
            throw new NoSuchFileException(file.toString());
        }
        return inode;
    }

    @Override
    public synchronized List<String> list(Path directory) throws IOException {
        checkOn();
        if (names.containsKey(directory)) {
            throw new NotDirectoryException(directory.toString());
        }
        Set<String> found = new TreeSet<>();
        for (Path path : names.keySet()) {
            if (directory.equals(path.getParent())) {
                found.add(path.getFileName().toString());
            }
        }
        for (Path path : directories) {
            if (directory.equals(path.getParent())) {
                found.add(path.getFileName().toString());
            }
        }
        return List.copyOf(found);
    }

    @Override
    public synchronized void createDirectories(Path directory) throws IOException {
        change();
        for (Path path = directory; path != null; path = path.getParent()) {
            directories.add(path);
        }
    }

    @Override
    public synchronized void move(Path from, Path to) throws IOException {
        change();
        Inode inode = existing(from);
        rename(to.getParent(), Map.of(from, Optional.empty(), to, Optional.of(inode)));
    }

    @Override
    public synchronized void delete(Path path) throws IOException {
        change();
        if (directories.contains(path)) {
            if (!list(path).isEmpty()) {
                throw new IOException(path + " is not empty");
            }
            directories.remove(path);
        } else if (names.containsKey(path)) {
            rename(path.getParent(), Map.of(path, Optional.empty()));
        }
    }

    @Override
    public synchronized void syncDirectory(Path directory) throws IOException {
        change();
        for (NameChange change : pending) {
            if (change.directory().equals(directory)) {
                change.effect()
                        .forEach((path, inode) -> inode.ifPresentOrElse(
                                there -> durableNames.put(path, there), () -> durableNames.remove(path)));
            }
        }
        pending.removeIf(change -> change.directory().equals(directory));
    }

    @Override
    public synchronized long usableBytes(Path directory) {
        return room;
    }

    @Override
    public synchronized Optional<Closeable> lock(Path file) throws IOException {
        checkOn();
        if (!locks.add(file)) {
            return Optional.empty();
        }
        return Optional.of(() -> {
            synchronized (this) {
                locks.remove(file);
            }
        });
    }

    private final class OpenFile implements DiskFile {
        private final Path path;
        private final Inode inode;
        private final boolean writable;
        private boolean closed;

        OpenFile(Path path, Inode inode, boolean writable) {
            this.path = path;
            this.inode = inode;
            this.writable = writable;
        }

        @Override
        public int read(long position, ByteBuffer into) throws IOException {
            beforeRead.run();
            synchronized (CrashDisk.this) {
                check();
                int length = (int) Math.max(0, Math.min(into.remaining(), inode.current.length - position));
                if (length > 0) {
                    into.put(inode.current, (int) position, length);
                    readBytes.merge(path, (long) length, Long::sum);
                }
                return length;
            }
        }

        @Override
        public void write(long position, ByteBuffer from) throws IOException {
            synchronized (CrashDisk.this) {
                check();
                byte[] data = new byte[from.remaining()];
                from.get(data);
                Optional<IOException> failure = Optional.empty();
                try {
                    change();
                    if (position + data.length > longest) {
                        throw new DiskFullException("the file would be too long", new IOException(path.toString()));
                    }
                    if (data.length > room) {
                        throw new DiskFullException(
                                "no room for " + data.length + " bytes", new IOException(path.toString()));
                    }
                    room -= room == Long.MAX_VALUE ? 0 : data.length;
                } catch (IOException e) {
                    failure = Optional.of(e);
                    // What failed was done in part.
                    data = Arrays.copyOf(data, position + data.length > longest ? 0 : data.length / 2);
                }
                if (data.length > 0) {
                    writtenBytes += data.length;
                    changed(new Change(position, Optional.of(ByteBuffer.wrap(data))));
                }
                if (failure.isPresent()) {
                    throw failure.get();
                }
            }
        }

        @Override
        public long size() throws IOException {
            synchronized (CrashDisk.this) {
                check();
                return inode.current.length;
            }
        }

        @Override
        public void resize(long size) throws IOException {
            synchronized (CrashDisk.this) {
                check();
                if (size != inode.current.length) {
                    change();
                    changed(new Change(size, Optional.empty()));
                }
            }
        }

        @Override
        public void sync() throws IOException {
            beforeSync.run();
            synchronized (CrashDisk.this) {
                check();
                boolean done = false;
                try {
                    change();
                    for (Change change : inode.unsynced) {
                        inode.durable = applied(inode.durable, change);
                    }
                    inode.unsynced.clear();
                    done = true;
                } finally {
                    if (!done && !off) {
                        // As on Linux: data that a failed sync could not write are called clean, and the next sync
                        // passes them over. A length is in the file system's journal, which does not forget it.
                        inode.unsynced.removeIf(change -> change.data().isPresent());
                    }
                }
            }
        }

        private void changed(Change change) {
            inode.current = applied(inode.current, change);
            inode.unsynced.add(change);
        }

        private void check() throws IOException {
            checkOn();
            if (closed || (!writable && off)) {
                throw new java.nio.channels.ClosedChannelException();
            }
        }

        @Override
        public void close() {
            synchronized (CrashDisk.this) {
                closed = true;
            }
        }
    }
}
