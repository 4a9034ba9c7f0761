/** The other side of a catch-up of small entries: RocksDB replays its write-ahead log, in one process. */
@NullMarked
package io.resilver.bench.rocks;

import org.jspecify.annotations.NullMarked;
