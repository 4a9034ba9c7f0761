/** How a comparison is run from the command line: its options, its directory and disk space, its processes, its end. */
@NullMarked
package io.resilver.bench.run;

import org.jspecify.annotations.NullMarked;
