package io.resilver.tck.example;

import io.resilver.spi.error.CorruptException;
import io.resilver.spi.model.BaseDescriptor;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Scanner;

/** What the engine needs to take in a whole file from elsewhere: its ranges, in memory, and in a file that each flush replaces. */
final class StagedFile {
    private final Path file;
    private final BaseDescriptor base;
    private final byte[] image;
    private final BitSet written = new BitSet();
    private BitSet durable;

    /** What was flushed of an equal base is there again; what was of another one is discarded. */
    StagedFile(Path file, BaseDescriptor base) throws IOException, CorruptException {
        this.file = file;
        this.base = base;
        byte[] bytes = new byte[(int) base.sizeBytes()];
        if (Files.exists(file)) {
            DataInputStream before = AppendOnlyFile.proved(file);
            Scanner words = new Scanner(before.readUTF()).useDelimiter("\n");
            if (words.next().equals(base.toString())) {
                while (words.hasNext()) {
                    written.set(words.nextInt());
                }
                bytes = before.readAllBytes();
            } else {
                Files.delete(file);
            }
        }
        this.image = bytes;
        this.durable = (BitSet) written.clone();
    }

    byte[] image() {
        return image;
    }

    int written() {
        return written.cardinality();
    }

    BitSet durable() {
        return (BitSet) durable.clone();
    }

    boolean write(long range, ByteBuffer data) {
        data.duplicate().get(image, (int) range * base.rangeBytes(), base.rangeLength(range));
        written.set((int) range);
        return true;
    }

    /** Reads back what was flushed, and proves it. */
    boolean read(long range, ByteBuffer into) throws IOException, CorruptException {
        DataInputStream in = AppendOnlyFile.proved(file);
        in.readUTF();
        into.put(in.readAllBytes(), (int) range * base.rangeBytes(), base.rangeLength(range));
        return true;
    }

    boolean flush() throws IOException {
        StringBuilder words = new StringBuilder(base.toString());
        written.stream().forEach(range -> words.append('\n').append(range));
        AppendOnlyFile.replace(file, words.toString(), image);
        durable = (BitSet) written.clone();
        return true;
    }

    boolean discard() throws IOException {
        return Files.deleteIfExists(file);
    }
}
