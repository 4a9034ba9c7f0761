package io.resilver.host.disk;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** An open file. Thread safe: reads and writes name their place. A thread's interruption never harms it. */
public interface DiskFile extends Closeable {
    /**
     * Reads until the buffer is full or the file ends.
     *
     * @param position bytes from the beginning, 0 or more
     * @param into where to put them, from its position on
     * @return how many bytes were read, 0 at or behind the end
     */
    int read(long position, ByteBuffer into) throws IOException;

    /**
     * Writes the whole buffer. A gap behind the old end reads as zeros. Not durable until {@link #sync}. After a failure
     * any part may have been written.
     *
     * @param position bytes from the beginning, 0 or more
     * @param from what to write, from its position on
     * @throws DiskFullException when there is no room
     */
    void write(long position, ByteBuffer from) throws IOException;

    /**
     * The present length.
     *
     * @return bytes
     */
    long size() throws IOException;

    /**
     * Cuts the file off, or extends it with zeros. Not durable until {@link #sync}.
     *
     * @param size the new length
     */
    void resize(long size) throws IOException;

    /** Makes content and length durable. After a failure nobody knows what is: do not try again, open again. */
    void sync() throws IOException;

    /** Idempotent. Does not make anything durable. */
    @Override
    void close() throws IOException;
}
