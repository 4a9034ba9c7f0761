package io.resilver.bench.ideal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Receives records over one connection, checks them, writes them, forces them and says so. */
final class IdealReceiver {
    private final SocketChannel socket;
    private final ByteBuffer buffer;

    private IdealReceiver(SocketChannel socket, ByteBuffer buffer) {
        this.socket = socket;
        this.buffer = buffer;
    }

    /** Takes one connection and answers once all that came over it is forced. */
    static void receive(IdealMode mode, Path target, ServerSocketChannel server) throws IOException {
        try (SocketChannel socket = server.accept();
                FileChannel file = FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                Forcing forcing = new Forcing(file)) {
            IdealReceiver receiver =
                    new IdealReceiver(socket, ByteBuffer.allocateDirect(IdealLog.HEADER + IdealLog.LONGEST));
            long came = receiver.records(mode, forcing);
            forcing.finish();
            receiver.acknowledge(came);
        }
    }

    private long records(IdealMode mode, Forcing forcing) throws IOException {
        fill(Long.BYTES);
        long all = buffer.getLong(0);
        buffer.clear();
        RecordCheck check = new RecordCheck("the receiver");
        long left = all;
        while (left > 0) {
            fill((int) Math.min(buffer.capacity(), left));
            int came = buffer.flip().limit();
            int whole = check.check(buffer);
            if (whole == 0) {
                throw new IOException("the stream ends within a record");
            }
            // An image's buffer has room for one range alone: what follows its header is the image.
            forcing.write(buffer.limit(whole).position(mode == IdealMode.LOG ? 0 : IdealLog.HEADER));
            left -= whole;
            buffer.limit(came).position(whole);
            buffer.compact();
        }
        return all;
    }

    private void fill(int limit) throws IOException {
        buffer.limit(limit);
        while (buffer.hasRemaining()) {
            if (socket.read(buffer) < 0) {
                throw new IOException("the sender ended before it had sent all");
            }
        }
    }

    private void acknowledge(long bytes) throws IOException {
        buffer.clear().putLong(bytes).flip();
        while (buffer.hasRemaining()) {
            socket.write(buffer);
        }
    }
}
