/** Input that is nearly right: what the readers of foreign bytes are tried with. */
@NullMarked
package io.resilver.hostile;

import org.jspecify.annotations.NullMarked;
