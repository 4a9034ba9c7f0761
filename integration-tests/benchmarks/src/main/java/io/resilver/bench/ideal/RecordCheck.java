package io.resilver.bench.ideal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Checks the records of a stream, one after the other. Not thread safe. */
final class RecordCheck {
    private final String where;
    private final CRC32C crc = new CRC32C();
    private long at;

    /**
     * From the first one on.
     *
     * @param where who checks, for messages
     */
    RecordCheck(String where) {
        this.where = where;
    }

    /**
     * Checks the records that are whole.
     *
     * @param records from position 0 to the limit; both are left as they are
     * @return where the last whole record ends
     * @throws IOException when one is not as it was written
     */
    int check(ByteBuffer records) throws IOException {
        int end = records.limit();
        int from = 0;
        while (end - from >= IdealLog.HEADER) {
            int length = records.getInt(from);
            if (length < 1 || length > IdealLog.LONGEST) {
                throw new IOException(where + ": the record at byte " + (at + from) + " has length " + length);
            }
            int payload = from + IdealLog.HEADER;
            if (end - payload < length) {
                break;
            }
            crc.reset();
            crc.update(records.limit(payload + length).position(payload));
            if ((int) crc.getValue() != records.getInt(from + Integer.BYTES)) {
                throw new IOException(
                        where + ": the record at byte " + (at + from) + " has another CRC32C than it says");
            }
            from = payload + length;
            records.limit(end);
        }
        records.position(0);
        at += from;
        return from;
    }
}
