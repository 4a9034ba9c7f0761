/** The image that committed entries build, and frozen views of it that stay as they are while it changes. */
@NullMarked
package io.resilver.host.volume.image;

import org.jspecify.annotations.NullMarked;
