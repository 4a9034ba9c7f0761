package io.resilver.rocksdb.base;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskFile;
import io.resilver.host.disk.DiskOperations;
import io.resilver.spi.error.CorruptException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Objects;

/** Makes the files of a checkpoint of its image. Stateless; blocks on I/O. */
public final class Unpacking {
    private static final int PIECE = 1 << 20;

    private Unpacking() {}

    /**
     * Writes the files, durable on return.
     *
     * @param disk where
     * @param image the file with the whole image
     * @param to a directory, which is made anew
     * @throws CorruptException when the image is none
     * @throws IOException when it cannot be read or they cannot be written
     */
    public static void unpack(Disk disk, Path image, Path to) throws IOException, CorruptException {
        DiskOperations.deleteTree(disk, to);
        disk.createDirectories(to);
        try (DiskFile in = disk.openToRead(image)) {
            ImageHeader header;
            try {
                header = header(in);
            } catch (IllegalArgumentException e) {
                throw new CorruptException("a base cannot be unpacked: " + e.getMessage(), image.toString(), 0);
            }
            if (header.imageBytes() != in.size()) {
                throw new CorruptException(
                        "a base of " + in.size() + " bytes says that it has " + header.imageBytes(),
                        image.toString(),
                        0);
            }
            ByteBuffer buffer = ByteBuffer.allocate(PIECE);
            for (ImageHeader.Part part : header.parts()) {
                try (DiskFile out = disk.create(to.resolve(part.name()))) {
                    copy(in, part, out, buffer);
                    out.sync();
                }
            }
        }
        disk.syncDirectory(to);
        disk.syncDirectory(Objects.requireNonNull(to.getParent()));
    }

    private static ImageHeader header(DiskFile in) throws IOException {
        ByteBuffer prefix = read(in, 0, ImageHeader.PREFIX);
        return ImageHeader.decode(read(in, 0, ImageHeader.lengthOf(prefix)));
    }

    private static ByteBuffer read(DiskFile in, long at, int bytes) throws IOException {
        ByteBuffer read = ByteBuffer.allocate(bytes);
        if (in.read(at, read) < bytes) {
            throw new IllegalArgumentException("it ends within its header");
        }
        return read.flip();
    }

    private static void copy(DiskFile in, ImageHeader.Part part, DiskFile out, ByteBuffer buffer) throws IOException {
        for (long done = 0; done < part.bytes(); done += buffer.limit()) {
            buffer.clear().limit((int) Math.min(PIECE, part.bytes() - done));
            in.read(part.at() + done, buffer);
            out.write(done, buffer.flip());
        }
    }
}
