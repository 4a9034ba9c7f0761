/**
 * A modelled disk and the storage engine on it. A {@link io.resilver.simulation.disk.Disk} is what outlives a process, a {@link
 * io.resilver.simulation.disk.Engine} is the adapter, and {@link io.resilver.simulation.disk.OpenDisk} the store that one
 * process has open. The image is a few blocks; an entry sets one of them, so that an image can be checked against the entries
 * that it is made of.
 */
@NullMarked
package io.resilver.simulation.disk;

import org.jspecify.annotations.NullMarked;
