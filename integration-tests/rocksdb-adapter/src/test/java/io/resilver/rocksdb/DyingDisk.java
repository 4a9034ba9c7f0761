package io.resilver.rocksdb;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskFile;
import io.resilver.host.disk.FileDisk;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The machine's disk for a process that dies: from a certain operation on, none changes anything. */
final class DyingDisk implements Disk {
    private final Disk disk = new FileDisk();
    private int left = Integer.MAX_VALUE;

    /** So many operations still work. */
    void diesAfter(int operations) {
        left = operations;
    }

    boolean isDead() {
        return left < 0;
    }

    private void change() throws IOException {
        if (left <= 0) {
            left = -1;
            throw new IOException("the process is dead");
        }
        left--;
    }

    @Override
    public DiskFile create(Path file) throws IOException {
        change();
        return new DyingFile(disk.create(file));
    }

    @Override
    public DiskFile open(Path file) throws IOException {
        return new DyingFile(disk.open(file));
    }

    @Override
    public DiskFile openToRead(Path file) throws IOException {
        return new DyingFile(disk.openToRead(file));
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        return disk.list(directory);
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        change();
        disk.createDirectories(directory);
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        change();
        disk.move(from, to);
    }

    @Override
    public void delete(Path path) throws IOException {
        change();
        disk.delete(path);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        change();
        disk.syncDirectory(directory);
    }

    @Override
    public long usableBytes(Path directory) throws IOException {
        return disk.usableBytes(directory);
    }

    @Override
    public Optional<Closeable> lock(Path file) throws IOException {
        return disk.lock(file);
    }

    private final class DyingFile implements DiskFile {
        private final DiskFile file;

        private DyingFile(DiskFile file) {
            this.file = file;
        }

        @Override
        public int read(long position, ByteBuffer into) throws IOException {
            return file.read(position, into);
        }

        @Override
        public void write(long position, ByteBuffer from) throws IOException {
            change();
            file.write(position, from);
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public void resize(long size) throws IOException {
            change();
            file.resize(size);
        }

        @Override
        public void sync() throws IOException {
            change();
            file.sync();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
