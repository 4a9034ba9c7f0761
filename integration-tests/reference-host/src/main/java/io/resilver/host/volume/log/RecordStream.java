package io.resilver.host.volume.log;

import io.resilver.host.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Reads the records of one segment forwards. Buffers of records stay valid: each refill takes a new one. Not thread safe. */
final class RecordStream {
    /** One read fetches this much: large enough that system calls do not count, small enough for thousands of readers. */
    private static final int CHUNK = 128 << 10;

    private final DiskFile file;
    private final long salt;
    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private long bufferAt;
    private long position;

    RecordStream(DiskFile file, long salt, long position) {
        this.file = file;
        this.salt = salt;
        this.position = position;
        this.bufferAt = position;
    }

    /** Where the next record begins. */
    long position() {
        return position;
    }

    /** The record at the position if a valid one lies before {@code end}; empty also when there is none at all. */
    Optional<LogRecord> peek(long end) throws IOException {
        if (position + RecordFormat.HEADER > end || !load(RecordFormat.HEADER, end)) {
            return Optional.empty();
        }
        int length = RecordFormat.lengthAt(buffer, (int) (position - bufferAt));
        if (length == 0 || position + length > end || !load(length, end)) {
            return Optional.empty();
        }
        return RecordFormat.decode(buffer, (int) (position - bufferAt), length, salt, position);
    }

    void advance(LogRecord record) {
        position += record.bytes();
    }

    private boolean load(int bytes, long end) throws IOException {
        if (position + bytes > bufferAt + buffer.limit()) {
            buffer = ByteBuffer.allocate((int) Math.min(Math.max(CHUNK, bytes), end - position));
            bufferAt = position;
            file.read(position, buffer);
            buffer.flip();
        }
        return buffer.limit() - (position - bufferAt) >= bytes;
    }
}
