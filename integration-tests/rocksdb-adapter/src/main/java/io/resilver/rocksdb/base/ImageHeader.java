package io.resilver.rocksdb.base;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The files of an image in their order, and where each begins.
 *
 * @param parts the files, in the order of their names
 */
record ImageHeader(List<Part> parts) {
    /** A file's name and length, and where its bytes begin in the image. */
    record Part(String name, long at, long bytes) {}

    /** Far above what the tables of a large store take; bounds what a damaged length can make us read. */
    static final int MOST_BYTES = 64 << 20;

    /** Magic, version, length of the whole header, number of files. */
    static final int PREFIX = 4 * Integer.BYTES;

    private static final int MAGIC = 0x52534b42; // RSKB
    private static final int VERSION = 1;

    /** Plain names only: what is unpacked by them must not leave its directory. */
    private static final String NAMES = "[A-Za-z0-9][A-Za-z0-9._-]{0,200}";

    ImageHeader {
        parts = List.copyOf(parts);
    }

    /** The length of the header of these files, whose places are not known before. */
    static int bytes(List<Part> files) {
        return PREFIX
                + files.stream()
                        .mapToInt(file -> Short.BYTES + file.name().length() + Long.BYTES)
                        .sum()
                + Integer.BYTES;
    }

    /** The whole image's length. */
    long imageBytes() {
        return parts.isEmpty()
                ? bytes(parts)
                : parts.get(parts.size() - 1).at() + parts.get(parts.size() - 1).bytes();
    }

    byte[] encode() {
        ByteBuffer out = ByteBuffer.allocate(bytes(parts));
        out.putInt(MAGIC).putInt(VERSION).putInt(out.capacity()).putInt(parts.size());
        for (Part part : parts) {
            byte[] name = part.name().getBytes(StandardCharsets.US_ASCII);
            out.putShort((short) name.length).put(name).putLong(part.bytes());
        }
        out.putInt(checksum(out.slice(0, out.position())));
        return out.array();
    }

    /**
     * The length that a header says of itself.
     *
     * @throws IllegalArgumentException when it is no header
     */
    static int lengthOf(ByteBuffer prefix) {
        int length = prefix.getInt(2 * Integer.BYTES);
        if (prefix.getInt(0) != MAGIC || length < PREFIX + Integer.BYTES || length > MOST_BYTES) {
            throw new IllegalArgumentException("the bytes do not begin as an image of a RocksDB store does");
        }
        if (prefix.getInt(Integer.BYTES) != VERSION) {
            throw new IllegalArgumentException("the image has format version " + prefix.getInt(Integer.BYTES)
                    + " and this program reads " + VERSION);
        }
        return length;
    }

    /**
     * Reads a whole header.
     *
     * @throws IllegalArgumentException when it is none
     */
    static ImageHeader decode(ByteBuffer whole) {
        int end = whole.limit() - Integer.BYTES;
        if (whole.getInt(end) != checksum(whole.slice(0, end))) {
            throw new IllegalArgumentException("the header of the image is not what was written");
        }
        try {
            ByteBuffer in = whole.duplicate().position(PREFIX - Integer.BYTES);
            int count = in.getInt();
            List<Part> parts = new ArrayList<>();
            long at = whole.limit();
            for (int i = 0; i < count; i++) {
                byte[] name = new byte[in.getShort()];
                in.get(name);
                Part part = new Part(new String(name, StandardCharsets.US_ASCII), at, in.getLong());
                if (!part.name().matches(NAMES) || part.bytes() < 0) {
                    throw new IllegalArgumentException("the image has a file '" + part.name() + "'");
                }
                parts.add(part);
                at = Math.addExact(at, part.bytes());
            }
            return new ImageHeader(parts);
        } catch (BufferUnderflowException | NegativeArraySizeException | ArithmeticException e) {
            throw new IllegalArgumentException("the header of the image names no files: " + e, e);
        }
    }

    private static int checksum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
