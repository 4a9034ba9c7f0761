package io.resilver.rocksdb.engine;

import java.nio.file.Path;

/**
 * A file of the log.
 *
 * @param path where it is, or was: RocksDB moves a file that it needs no more into its archive
 * @param start no entry in it begins below this sequence number
 * @param bytes its length
 * @param archived whether RocksDB itself needs it no more
 */
public record WalFile(Path path, long start, long bytes, boolean archived) {}
