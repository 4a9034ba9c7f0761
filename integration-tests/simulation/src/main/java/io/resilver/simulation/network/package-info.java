/** Streams between hosts as TCP has them, and what can become of them. */
@NullMarked
package io.resilver.simulation.network;

import org.jspecify.annotations.NullMarked;
