/**
 * A vendor's adapter: stores kept in RocksDB, one database a replica, whose log is RocksDB's own. Its directory:
 *
 * <pre>
 *   lock              held by the process that has the store open
 *   meta              identity, promise, live generation, tail; replaced in one act
 *   gen-N/            the live generation
 *     db/               the database; db/archive has the log files that only this adapter still needs
 *     checkpoints/LSN/  the newest checkpoint: hard links to tables
 *   gen-N+1/          a staged base image, if there is one: base, ranges, image; its db/ while it is unpacked
 * </pre>
 *
 * <p><b>LSNs.</b> An entry is one write batch, and its LSN the sequence number of the batch's last record. So the head is RocksDB's latest
 * sequence number, an entry begins just above the LSN of the one before it, and a replica that writes the same batches comes to
 * the same numbers. Nothing else is written to the database.
 *
 * <p><b>Nothing is undone.</b> What is written is in the image. The truncation floor is the flushed LSN; a replica that must
 * undo is rebuilt.
 *
 * <p><b>Locks.</b> Changes to one store are made one at a time, under one lock that is held over their I/O. Syncing the log, reading,
 * pinning and telling the position do not take it.
 */
@NullMarked
package io.resilver.rocksdb;

import org.jspecify.annotations.NullMarked;
