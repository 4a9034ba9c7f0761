/** The processes that a comparison measures: started, steered and ended with it. */
@NullMarked
package io.resilver.bench.process;

import org.jspecify.annotations.NullMarked;
