/**
 * Whole hosts under one seed: the driver's own host ({@link io.resilver.host}) over a modelled clock, network, disk and
 * coordination service, in one thread. A {@link io.resilver.simulation.Simulation} is one run; the same seed and scene give the
 * same run, step by step, on any machine.
 */
@NullMarked
package io.resilver.simulation;

import org.jspecify.annotations.NullMarked;
