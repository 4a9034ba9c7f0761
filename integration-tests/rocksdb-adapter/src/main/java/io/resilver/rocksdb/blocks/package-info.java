/**
 * A block volume over the keys of a RocksDB store, for the reference host: each block is a key, its place in the volume, with the
 * bytes as its value.
 */
@NullMarked
package io.resilver.rocksdb.blocks;

import org.jspecify.annotations.NullMarked;
