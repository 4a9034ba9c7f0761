/**
 * A checkpoint's directory as one run of bytes, which is how it travels: a header that names each file with its length, then the
 * files.
 */
@NullMarked
package io.resilver.rocksdb.base;

import org.jspecify.annotations.NullMarked;
