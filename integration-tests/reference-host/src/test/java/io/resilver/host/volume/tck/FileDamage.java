package io.resilver.host.volume.tck;

import io.resilver.spi.model.ReplicaId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Turns single bytes of a closed file volume, by the format of its files. */
final class FileDamage {
    /** Of a record of the log: what it begins with, and where its length and LSN are. */
    private static final int MAGIC = 0x52534c45;

    private static final int LENGTH_AT = 4;
    private static final int LSN_AT = 29;
    private static final int HEADER = 53;

    private final Path store;

    FileDamage(Path dataDirectory, ReplicaId replica) {
        this.store = dataDirectory.resolve(replica.volume().value()).resolve(replica.name());
    }

    boolean entry(long lsn) throws IOException {
        for (Path segment : files("gen-\\d+/log/.*\\.seg")) {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(segment));
            for (int at = 0; at + HEADER <= bytes.limit(); at++) {
                if (bytes.getInt(at) == MAGIC && bytes.getLong(at + LSN_AT) == lsn) {
                    return turn(segment, at + bytes.getInt(at + LENGTH_AT) - 1); // the payload is last
                }
            }
        }
        throw new IOException("entry " + lsn + " is nowhere in " + store);
    }

    boolean image() throws IOException {
        Path image = files("gen-\\d+/image").get(0);
        return turn(image, Files.size(image) / 2);
    }

    boolean staged(long offset) throws IOException {
        List<Path> images = files("gen-\\d+/image");
        return turn(images.get(images.size() - 1), offset); // the generation that is to come
    }

    private List<Path> files(String pattern) throws IOException {
        try (Stream<Path> all = Files.walk(store)) {
            return all.filter(path -> store.relativize(path).toString().matches(pattern))
                    .sorted(Comparator.comparing(Path::toString))
                    .toList();
        }
    }

    private static boolean turn(Path file, long at) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[(int) at] ^= 1;
        Files.write(file, bytes);
        return true;
    }
}
