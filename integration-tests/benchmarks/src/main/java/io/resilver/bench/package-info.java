/** The program {@code resilver bench}: comparisons end to end, as ratios of one run. */
@NullMarked
package io.resilver.bench;

import org.jspecify.annotations.NullMarked;
