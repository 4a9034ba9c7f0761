package io.resilver.host.cli.explain;

import java.io.Flushable;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;

/** Cuts a stream of bytes into lines of bounded length. Not thread safe. */
final class Lines {
    /** The longest line that is kept; a lineage of ten thousand epochs fits. What is longer is read past, not stored. */
    static final int LONGEST_BYTES = 1 << 20;

    /** How much is asked of the stream at a time. */
    private static final int CHUNK_BYTES = 64 * 1024;

    /**
     * A line without its end.
     *
     * @param bytes holds the line at its beginning; valid until the next line is asked for
     * @param length how many bytes of it are the line
     * @param tooLong whether the line had more than {@link #LONGEST_BYTES}; then nothing of it is kept
     */
    @SuppressWarnings("ArrayRecordComponent") // a view that lives for one turn of a loop and is never compared
    record Line(byte[] bytes, int length, boolean tooLong) {
        /** Whether there is nothing but JSON's white space in it. */
        boolean isBlank() {
            if (tooLong) {
                return false;
            }
            for (int i = 0; i < length; i++) {
                if (bytes[i] != ' ' && bytes[i] != '\t' && bytes[i] != '\r') {
                    return false;
                }
            }
            return true;
        }
    }

    private final InputStream in;
    private final Flushable beforeWaiting;
    private final byte[] chunk = new byte[CHUNK_BYTES];
    private int from;
    private int to;
    private byte[] line = new byte[CHUNK_BYTES];

    /**
     * Lines of a stream.
     *
     * @param in the bytes; stays open
     * @param beforeWaiting flushed before each read of the stream
     */
    Lines(InputStream in, Flushable beforeWaiting) {
        this.in = in;
        this.beforeWaiting = beforeWaiting;
    }

    /**
     * The next line; the last one need not have an end.
     *
     * @return the line, or empty at the end of the stream
     */
    Optional<Line> next() throws IOException {
        int length = 0;
        boolean any = false;
        boolean tooLong = false;
        while (from < to || refill()) {
            any = true;
            int end = from;
            while (end < to && chunk[end] != '\n') {
                end++;
            }
            tooLong |= length + (end - from) > LONGEST_BYTES;
            if (!tooLong) {
                keep(length, end - from);
                length += end - from;
            }
            from = end;
            if (from < to) {
                from++; // past the line's end
                break;
            }
        }
        return any ? Optional.of(new Line(line, tooLong ? 0 : length, tooLong)) : Optional.empty();
    }

    private void keep(int at, int count) {
        if (line.length < at + count) {
            line = Arrays.copyOf(line, Math.max(line.length * 2, at + count));
        }
        System.arraycopy(chunk, from, line, at, count);
    }

    private boolean refill() throws IOException {
        beforeWaiting.flush();
        int read = in.read(chunk);
        from = 0;
        to = Math.max(read, 0);
        return read > 0;
    }
}
