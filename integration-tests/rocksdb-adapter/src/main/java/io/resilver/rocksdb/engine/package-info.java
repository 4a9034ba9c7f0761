/**
 * One open RocksDB database and what is read from its log. Everything native is created, used and closed here, under one guard:
 * a call after the close is refused before it reaches native code.
 */
@NullMarked
package io.resilver.rocksdb.engine;

import org.jspecify.annotations.NullMarked;
