package io.resilver.bench.ideal;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/** Reads a file, checks it, and sends it over one connection: how many bytes come, then the records. */
final class IdealSender {
    private final FileChannel file;
    private final SocketChannel socket;
    private final ByteBuffer buffer;

    private IdealSender(FileChannel file, SocketChannel socket, ByteBuffer buffer) {
        this.file = file;
        this.socket = socket;
        this.buffer = buffer;
    }

    /** Answers once the receiver has forced all of it. */
    static void send(IdealMode mode, Path source, int port) throws IOException {
        try (SocketChannel socket = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                FileChannel file = FileChannel.open(source, StandardOpenOption.READ)) {
            socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
            IdealSender sender =
                    new IdealSender(file, socket, ByteBuffer.allocateDirect(IdealLog.HEADER + IdealLog.LONGEST));
            long sent = mode == IdealMode.LOG ? sender.log() : sender.base();
            sender.awaitForced(sent);
        }
    }

    private long log() throws IOException {
        long size = file.size();
        announce(size);
        RecordCheck check = new RecordCheck("the sender");
        long left = size;
        while (left > 0) {
            fill((int) Math.min(buffer.capacity(), left));
            int read = buffer.flip().limit();
            int whole = check.check(buffer);
            if (whole == 0) {
                throw new IOException("the log ends within a record");
            }
            write(buffer.limit(whole));
            left -= whole;
            buffer.limit(read).position(whole);
            buffer.compact();
        }
        return size;
    }

    private long base() throws IOException {
        long size = file.size();
        long ranges = (size + IdealLog.LONGEST - 1) / IdealLog.LONGEST;
        long all = size + ranges * IdealLog.HEADER;
        announce(all);
        CRC32C crc = new CRC32C();
        for (long left = size; left > 0; ) {
            int length = (int) Math.min(IdealLog.LONGEST, left);
            buffer.clear().position(IdealLog.HEADER);
            fill(IdealLog.HEADER + length);
            crc.reset();
            crc.update(buffer.flip().position(IdealLog.HEADER));
            buffer.putInt(0, length).putInt(Integer.BYTES, (int) crc.getValue());
            write(buffer.position(0));
            left -= length;
        }
        return all;
    }

    private void announce(long bytes) throws IOException {
        write(buffer.clear().putLong(bytes).flip());
        buffer.clear();
    }

    private void fill(int limit) throws IOException {
        buffer.limit(limit);
        while (buffer.hasRemaining()) {
            if (file.read(buffer) < 0) {
                throw new IOException("the file became shorter while it was read");
            }
        }
    }

    private void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            socket.write(bytes);
        }
    }

    private void awaitForced(long sent) throws IOException {
        buffer.clear().limit(Long.BYTES);
        while (buffer.hasRemaining()) {
            if (socket.read(buffer) < 0) {
                throw new IOException("the receiver ended before it had forced all");
            }
        }
        if (buffer.getLong(0) != sent) {
            throw new IOException("the receiver forced " + buffer.getLong(0) + " bytes of " + sent);
        }
    }
}
