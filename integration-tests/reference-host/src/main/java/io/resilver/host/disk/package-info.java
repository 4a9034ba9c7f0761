/**
 * The one small file interface through which the volume does all its I/O, and its real implementation. A simulator lends a
 * disk of its own by implementing {@link io.resilver.host.disk.Disk}.
 */
@NullMarked
package io.resilver.host.disk;

import org.jspecify.annotations.NullMarked;
