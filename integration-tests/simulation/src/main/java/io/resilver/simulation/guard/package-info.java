/**
 * The guards that keep stores safe, one by one, and what each run is like without it. Each is taken away by another collaborator
 * in the wiring of a simulated process ({@link io.resilver.simulation.host.Liberties}); the code of the driver has no switch.
 */
@NullMarked
package io.resilver.simulation.guard;

import org.jspecify.annotations.NullMarked;
