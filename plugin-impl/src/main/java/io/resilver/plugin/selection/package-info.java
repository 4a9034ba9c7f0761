/** Chooses and opens the storage adapter, the policy and the event sinks: all of them, or none. */
@NullMarked
package io.resilver.plugin.selection;

import org.jspecify.annotations.NullMarked;
