package io.resilver.rocksdb.engine;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.RocksDB;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteOptions;

/** How a database is opened. Owns the native options, which must outlive the database. */
final class EngineOptions implements AutoCloseable {
    /** No store has so much log: RocksDB keeps every file in its archive, and what goes is this adapter's decision alone. */
    private static final long ARCHIVE_MIB = 1L << 40;

    /** Nothing is collected by who only reads, but what is in the log. */
    private static final long LEAST_MEMTABLE = 64 << 10;

    /** Open tables. A store of many tables opens the others as they are needed. */
    private static final int MOST_OPEN_FILES = 512;

    /** RocksDB's own diary: the present one and the one before. */
    private static final int DIARIES = 2;

    private static final byte[] LINEAGE = "resilver-lineage".getBytes(StandardCharsets.US_ASCII);

    private final DBOptions database;
    private final ColumnFamilyOptions family;
    private final WriteOptions writing;

    EngineOptions(long memtableBytes, boolean create) {
        database = new DBOptions()
                .setCreateIfMissing(create)
                .setCreateMissingColumnFamilies(create)
                .setWalSizeLimitMB(ARCHIVE_MIB)
                // An entry that was acknowledged is damaged or whole, never silently missing with all that follow it.
                // The end of a file may be torn: that was never flushed. Whether another file goes on behind such an
                // end, RocksDB does not ask in this mode: who opens the store does.
                .setWalRecoveryMode(WALRecoveryMode.TolerateCorruptedTailRecords)
                .setMaxOpenFiles(MOST_OPEN_FILES)
                .setKeepLogFileNum(DIARIES)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL);
        family = new ColumnFamilyOptions()
                .setWriteBufferSize(memtableBytes)
                .setCompressionType(CompressionType.LZ4_COMPRESSION);
        writing = new WriteOptions();
    }

    /** For a look at files that somebody else has open: nothing is written there, not even a diary. */
    static EngineOptions toRead() {
        EngineOptions options = new EngineOptions(LEAST_MEMTABLE, false);
        options.database.setInfoLogLevel(InfoLogLevel.HEADER_LEVEL);
        return options;
    }

    DBOptions database() {
        return database;
    }

    WriteOptions writing() {
        return writing;
    }

    /** The default one, then that of the lineage: their numbers are their places. */
    List<ColumnFamilyDescriptor> families() {
        return List.of(
                new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, family),
                new ColumnFamilyDescriptor(LINEAGE, family));
    }

    @Override
    public void close() {
        writing.close();
        family.close();
        database.close();
    }
}
