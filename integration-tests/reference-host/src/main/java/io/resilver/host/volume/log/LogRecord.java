package io.resilver.host.volume.log;

import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.MintId;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * One record of a segment.
 *
 * @param type what it is
 * @param previous the entry before it in the log
 * @param lsn the entry's LSN; of a {@link Type#COMMITTED} note the bound
 * @param epoch the writer's epoch; 0 for a note
 * @param flushedLsn what was durable when it was written: proof that damage at or below it is no torn tail
 * @param mint the writer's mint id, only of a {@link Type#FIRST_OF_WRITER}
 * @param payload the entry's payload, empty for a note
 */
record LogRecord(
        Type type, EntryId previous, long lsn, long epoch, long flushedLsn, Optional<MintId> mint, ByteBuffer payload) {
    /** What a record is. The number is the format. */
    enum Type {
        /** An entry by the writer of the entry before it. */
        ENTRY(1),
        /** The first entry of a writer: the lineage grows by this record, in the same durable act. */
        FIRST_OF_WRITER(2),
        /** No entry: everything up to {@code lsn} is committed. */
        COMMITTED(3);

        final byte code;

        Type(int code) {
            this.code = (byte) code;
        }

        /** What a number means, or empty for one that means nothing. */
        static Optional<Type> of(byte code) {
            return switch (code) {
                case 1 -> Optional.of(ENTRY);
                case 2 -> Optional.of(FIRST_OF_WRITER);
                case 3 -> Optional.of(COMMITTED);
                default -> Optional.empty();
            };
        }
    }

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException when no record can have them
     */
    LogRecord {
        boolean possible =
                type == Type.COMMITTED ? lsn >= 0 && lsn <= previous.lsn() : lsn > previous.lsn() && epoch >= 1;
        if (!possible || flushedLsn < 0 || flushedLsn > previous.lsn()) {
            throw new IllegalArgumentException(type + " (lsn " + lsn + ", epoch " + epoch + ", flushed " + flushedLsn
                    + ") behind entry " + previous + " is not possible");
        }
    }

    /** A note behind an entry that everything up to a bound is committed. */
    static LogRecord committed(EntryId head, long bound, long flushedLsn) {
        return new LogRecord(Type.COMMITTED, head, bound, 0, flushedLsn, Optional.empty(), ByteBuffer.allocate(0));
    }

    boolean isEntry() {
        return type != Type.COMMITTED;
    }

    EntryId id() {
        return new EntryId(lsn, epoch);
    }

    int bytes() {
        return RecordFormat.HEADER
                + (type == Type.FIRST_OF_WRITER
                        ? 1 + mint.map(m -> m.value().length()).orElse(0)
                        : 0)
                + payload.remaining();
    }
}
