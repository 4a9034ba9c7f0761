/** Tests over real processes of the packaged reference host. */
@NullMarked
package io.resilver.multihost;

import org.jspecify.annotations.NullMarked;
