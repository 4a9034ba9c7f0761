/** The one small file that says what a store is: identity, promise, which generation is live, and from where the log counts. */
@NullMarked
package io.resilver.host.volume.meta;

import org.jspecify.annotations.NullMarked;
