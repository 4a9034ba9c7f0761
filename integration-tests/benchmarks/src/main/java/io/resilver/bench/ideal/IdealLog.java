package io.resilver.bench.ideal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/**
 * A file of records, each the length of its payload, the payload's CRC32C, both big-endian in four bytes, and the payload.
 */
public final class IdealLog {
    /** Length and checksum. */
    static final int HEADER = 2 * Integer.BYTES;

    /** The greatest payload: also the range of an image. */
    static final int LONGEST = 1 << 20;

    private IdealLog() {}

    /**
     * Writes a log of random payloads that are all of one length, and forces it.
     *
     * @param path a file that is not there yet
     * @param entries how many records
     * @param entryBytes how long each payload is
     * @param seed of the payloads: the same one makes the same file
     * @return how long the file is
     * @throws IOException when it could not be written
     */
    public static long write(Path path, long entries, int entryBytes, long seed) throws IOException {
        if (entryBytes < 1 || entryBytes > LONGEST) {
            throw new IllegalArgumentException("a payload is 1 to " + LONGEST + " bytes, not " + entryBytes);
        }
        SplittableRandom random = new SplittableRandom(seed);
        byte[] payload = new byte[entryBytes];
        CRC32C crc = new CRC32C();
        ByteBuffer batch = ByteBuffer.allocateDirect(HEADER + LONGEST);
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long each = 0; each < entries; each++) {
                if (batch.remaining() < HEADER + entryBytes) {
                    drain(batch, file);
                }
                random.nextBytes(payload);
                crc.reset();
                crc.update(payload);
                batch.putInt(entryBytes).putInt((int) crc.getValue()).put(payload);
            }
            drain(batch, file);
            file.force(true);
            return file.size();
        }
    }

    private static void drain(ByteBuffer batch, FileChannel file) throws IOException {
        batch.flip();
        while (batch.hasRemaining()) {
            file.write(batch);
        }
        batch.clear();
    }
}
