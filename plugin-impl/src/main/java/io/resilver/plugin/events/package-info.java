/**
 * Hands events to the sinks: off the recovery path, in order, each sink through a bounded queue of its own. Also the
 * built-in sink, which writes events to the host's log.
 */
@NullMarked
package io.resilver.plugin.events;

import org.jspecify.annotations.NullMarked;
