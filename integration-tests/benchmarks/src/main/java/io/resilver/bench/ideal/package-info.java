/** What moving a log or an image costs with no protocol: the limit that a recovery is measured against. */
@NullMarked
package io.resilver.bench.ideal;

import org.jspecify.annotations.NullMarked;
