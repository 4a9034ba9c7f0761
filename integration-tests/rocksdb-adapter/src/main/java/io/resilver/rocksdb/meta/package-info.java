/** What a store keeps beside its database, so that nothing but entries takes sequence numbers there: one small file. */
@NullMarked
package io.resilver.rocksdb.meta;

import org.jspecify.annotations.NullMarked;
