/** The reference host's processes as comparisons use them: two hosts of one volume, warm, one of which is told to stay away. */
@NullMarked
package io.resilver.bench.hosts;

import org.jspecify.annotations.NullMarked;
