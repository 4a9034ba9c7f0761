/**
 * The segmented log: checksummed records that each name the entry before them, appended in order, made durable in groups.
 *
 * <p>The log does not lock its changes; the volume makes one at a time. Flushing and reading go on beside them.
 */
@NullMarked
package io.resilver.host.volume.log;

import org.jspecify.annotations.NullMarked;
