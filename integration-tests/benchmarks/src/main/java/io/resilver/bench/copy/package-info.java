/** What a person would copy an image with: the commands cp and rsync, each followed by forcing what was written. */
@NullMarked
package io.resilver.bench.copy;

import org.jspecify.annotations.NullMarked;
