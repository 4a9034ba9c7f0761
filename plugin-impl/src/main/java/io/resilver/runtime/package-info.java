/**
 * What the engine's stateful parts take as parameters instead of making themselves: time, timers, serial execution,
 * blocking I/O and randomness. The plugin lends real ones, the simulation lends its own; nothing above this floor starts a
 * thread or reads a clock.
 */
@NullMarked
package io.resilver.runtime;

import org.jspecify.annotations.NullMarked;
