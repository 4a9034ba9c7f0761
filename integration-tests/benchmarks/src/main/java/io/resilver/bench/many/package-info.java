/** Very many replicas of one host that are recovered together, each a little behind, against the same bytes in one stream. */
@NullMarked
package io.resilver.bench.many;

import org.jspecify.annotations.NullMarked;
