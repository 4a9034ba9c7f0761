package io.resilver.rocksdb.tck;

import io.resilver.spi.model.ReplicaId;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Changes bytes of a closed store behind its back. */
public final class RocksDamage {
    private static final int BLOCK = 32 << 10;
    private static final int RECORD_HEADER = 7;
    private static final int FULL = 1;
    private static final int FIRST = 2;
    private static final int MIDDLE = 3;
    private static final int BATCH_HEADER = 12;

    private final Path store;

    public RocksDamage(Path dataDirectory, ReplicaId replica) {
        this.store = dataDirectory.resolve(replica.volume().value()).resolve(replica.name());
    }

    private List<Path> files(String suffix) throws IOException {
        try (Stream<Path> all = Files.walk(store)) {
            return all.filter(path ->
                            path.toString().endsWith(suffix) && !path.toString().contains("checkpoints"))
                    .sorted(Comparator.comparing(path -> String.valueOf(path.getFileName())))
                    .toList();
        }
    }

    /** The last byte of an entry's batch in the log. */
    public boolean entry(long lsn) throws IOException {
        for (Path file : files(".log")) {
            byte[] bytes = Files.readAllBytes(file);
            List<Integer> places = new ArrayList<>();
            for (int at = 0; at + RECORD_HEADER <= bytes.length; ) {
                if (BLOCK - at % BLOCK < RECORD_HEADER) {
                    at += BLOCK - at % BLOCK;
                    continue;
                }
                int length = (bytes[at + 4] & 0xff) | (bytes[at + 5] & 0xff) << 8;
                int type = bytes[at + 6];
                if (type < FULL || type > 4) {
                    break;
                }
                if (type == FULL || type == FIRST) {
                    places.clear();
                }
                for (int i = 0; i < length; i++) {
                    places.add(at + RECORD_HEADER + i);
                }
                if (type != FIRST && type != MIDDLE && places.size() > BATCH_HEADER && lsnOf(bytes, places) == lsn) {
                    flip(file, places.get(places.size() - 1));
                    return true;
                }
                at += RECORD_HEADER + length;
            }
        }
        return false;
    }

    private static long lsnOf(byte[] bytes, List<Integer> places) {
        ByteBuffer header = ByteBuffer.allocate(BATCH_HEADER).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < BATCH_HEADER; i++) {
            header.put(bytes[places.get(i)]);
        }
        return header.getLong(0) + header.getInt(Long.BYTES) - 1;
    }

    /** A byte in a block of the largest table. */
    public boolean table() throws IOException {
        Path largest = files(".sst").stream()
                .max(Comparator.comparing(path -> path.toFile().length()))
                .orElse(null);
        return largest != null && flip(largest, 100);
    }

    /** A byte of a staged base. */
    public boolean staged(long offset) throws IOException {
        for (Path image : files("image")) {
            return flip(image, offset);
        }
        return false;
    }

    private static boolean flip(Path file, long offset) throws IOException {
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
            opened.seek(offset);
            int present = opened.read();
            opened.seek(offset);
            opened.write(present ^ 1);
        }
        return true;
    }
}
