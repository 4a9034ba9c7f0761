/**
 * Time that goes on when nothing is left to do at the present moment. An {@link io.resilver.simulation.time.Agenda} holds all
 * that will happen; a {@link io.resilver.simulation.time.SimulatedProcess} is one process's part of it, which can be stopped, go on,
 * or die.
 */
@NullMarked
package io.resilver.simulation.time;

import org.jspecify.annotations.NullMarked;
