/** Tests over the packaged jars, and over real processes of the packaged reference host. */
@NullMarked
package io.resilver.multihost;

import org.jspecify.annotations.NullMarked;
