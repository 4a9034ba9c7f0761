/** What a recovery costs those who write to the volume meanwhile, and whether its rate is held. */
@NullMarked
package io.resilver.bench.foreground;

import org.jspecify.annotations.NullMarked;
