package io.resilver.host.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * A file over a {@link FileChannel}. The JDK closes a channel when a thread that uses it is interrupted, under every other
 * thread too; a store must not die of a cancelled task. So the file opens its channel again and repeats the operation:
 * each names its place and can be repeated.
 */
final class ChannelFile implements DiskFile {
    /**
     * The most in one call: the JDK copies what lies on the heap, and keeps a buffer as long as the longest call for each thread. One
     * of this length stays in a processor's cache.
     */
    private static final int PIECE_BYTES = 256 << 10;

    private final Path path;
    private final Set<StandardOpenOption> reopen;
    private FileChannel channel;
    private boolean closed;

    private ChannelFile(Path path, Set<StandardOpenOption> reopen, FileChannel channel) {
        this.path = path;
        this.reopen = reopen;
        this.channel = channel;
    }

    static ChannelFile open(Path path, Set<StandardOpenOption> first, Set<StandardOpenOption> reopen)
            throws IOException {
        return new ChannelFile(path, reopen, FileChannel.open(path, first));
    }

    @Override
    public int read(long position, ByteBuffer into) throws IOException {
        int start = into.position();
        uninterruptibly(open -> {
            into.position(start);
            int got = 0;
            while (into.hasRemaining() && got >= 0) { // a channel may read less than asked
                ByteBuffer piece = piece(into);
                got = open.read(piece, position + into.position() - start);
                into.position(into.position() + piece.position());
            }
        });
        return into.position() - start;
    }

    @Override
    public void write(long position, ByteBuffer from) throws IOException {
        int start = from.position();
        int length = from.remaining();
        try {
            uninterruptibly(open -> {
                from.position(start);
                while (from.hasRemaining()) {
                    ByteBuffer piece = piece(from);
                    open.write(piece, position + from.position() - start);
                    from.position(from.position() + piece.position());
                }
            });
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            // The system tells of a full disk in words only, which differ by machine and language: ask for the room
            // instead.
            if (Files.getFileStore(path).getUsableSpace() < length) {
                throw new DiskFullException("no room for " + length + " bytes in " + path, e);
            }
            throw e;
        }
    }

    private static ByteBuffer piece(ByteBuffer of) {
        return of.slice(of.position(), Math.min(of.remaining(), PIECE_BYTES));
    }

    @Override
    public long size() throws IOException {
        long[] size = new long[1];
        uninterruptibly(open -> size[0] = open.size());
        return size[0];
    }

    @Override
    public void resize(long size) throws IOException {
        uninterruptibly(open -> {
            if (size < open.size()) {
                open.truncate(size);
            } else if (size > open.size()) {
                open.write(ByteBuffer.allocate(1), size - 1);
            }
        });
    }

    @Override
    public void sync() throws IOException {
        uninterruptibly(open -> open.force(true));
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        channel.close();
    }

    private void uninterruptibly(Operation operation) throws IOException {
        boolean interrupted = false;
        try {
            while (true) {
                FileChannel used = current();
                try {
                    operation.on(used);
                    return;
                } catch (ClosedByInterruptException e) {
                    interrupted |= Thread.interrupted();
                    replace(used);
                } catch (ClosedChannelException e) {
                    replace(used); // closed by another thread's interruption, or by close()
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized FileChannel current() {
        return channel;
    }

    private synchronized void replace(FileChannel used) throws IOException {
        if (closed) {
            throw new ClosedChannelException();
        }
        if (channel == used) {
            channel = FileChannel.open(path, reopen);
        }
    }

    private interface Operation {
        void on(FileChannel open) throws IOException;
    }
}
