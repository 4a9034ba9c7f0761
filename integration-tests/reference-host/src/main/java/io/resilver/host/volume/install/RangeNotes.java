package io.resilver.host.volume.install;

import io.resilver.host.disk.Disk;
import io.resilver.host.disk.DiskFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * The file that notes which ranges of a staged image are there, and where: appended to, the last note of a range counts. A note
 * that is damaged or torn ends the file: what it and those behind it are about is sent again. Not thread safe.
 */
final class RangeNotes implements Closeable {
    /** Where a range's bytes are, and what they are known by. */
    sealed interface Note {
        /** A CRC32C. */
        int checksum();
    }

    /**
     * In the staged image.
     *
     * @param checksum over what describes them
     */
    record Written(int checksum) implements Note {}

    /**
     * In the image that is live, as it was at an LSN.
     *
     * @param checksum over what describes its blocks
     * @param imageLsn the last entry that the image had
     */
    record Kept(int checksum, long imageLsn) implements Note {}

    private static final int WRITTEN = 1;
    private static final int KEPT = 2;

    private static final int SUMMED = 2 * Long.BYTES + 2 * Integer.BYTES;
    private static final int NOTE_BYTES = SUMMED + Integer.BYTES;

    /** A system call for each note would take a second for a million of them. */
    private static final int READ_AT_ONCE = 2_048;

    private final DiskFile file;
    private long end;

    private RangeNotes(DiskFile file) {
        this.file = file;
    }

    static RangeNotes open(Disk disk, Path path) throws IOException {
        return new RangeNotes(disk.open(path));
    }

    static RangeNotes openToRead(Disk disk, Path path) throws IOException {
        return new RangeNotes(disk.openToRead(path));
    }

    /** Reads the notes of a base of so many ranges; what is appended later follows the last good one. */
    Map<Integer, Note> read(long ranges) throws IOException {
        Map<Integer, Note> notes = new TreeMap<>();
        ByteBuffer some = ByteBuffer.allocate(NOTE_BYTES * READ_AT_ONCE);
        end = 0;
        while (file.read(end, some.clear()) >= NOTE_BYTES) {
            some.flip();
            for (; some.remaining() >= NOTE_BYTES; some.position(some.position() + NOTE_BYTES)) {
                ByteBuffer bytes = some.slice(some.position(), NOTE_BYTES);
                long index = bytes.getLong(0);
                Optional<Note> note = note(bytes);
                if (note.isEmpty() || index < 0 || index >= ranges) {
                    return notes;
                }
                notes.put((int) index, note.get());
                end += NOTE_BYTES;
            }
        }
        return notes;
    }

    private static Optional<Note> note(ByteBuffer bytes) {
        bytes.rewind().getLong();
        int kind = bytes.getInt();
        int checksum = bytes.getInt();
        long imageLsn = bytes.getLong();
        if (bytes.getInt() != checksum(bytes.slice(0, SUMMED))) {
            return Optional.empty();
        }
        return switch (kind) {
            case WRITTEN -> Optional.of(new Written(checksum));
            case KEPT -> Optional.of(new Kept(checksum, imageLsn));
            default -> Optional.empty();
        };
    }

    /** Removes what is behind the last good note. */
    void cutOff() throws IOException {
        file.resize(end);
    }

    /** Appends notes; durable after {@link #sync}. */
    void append(Map<Integer, Note> notes) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(notes.size() * NOTE_BYTES);
        notes.forEach((index, note) -> {
            int at = bytes.position();
            bytes.putLong(index).putInt(note instanceof Kept ? KEPT : WRITTEN);
            bytes.putInt(note.checksum()).putLong(note instanceof Kept kept ? kept.imageLsn() : 0);
            bytes.putInt(checksum(bytes.slice(at, SUMMED)));
        });
        file.write(end, bytes.flip());
        end += bytes.limit();
    }

    void sync() throws IOException {
        file.sync();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    static int checksum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
