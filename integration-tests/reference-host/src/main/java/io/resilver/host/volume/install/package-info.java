/** A base image on its way in, in a directory of its own until it becomes the store's next generation. */
@NullMarked
package io.resilver.host.volume.install;

import org.jspecify.annotations.NullMarked;
