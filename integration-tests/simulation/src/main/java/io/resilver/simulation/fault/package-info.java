/**
 * What goes wrong, and is mended again. Which faults come when is drawn from the seed alone, each from a number of its own, so
 * that one can be left out and the others stay as they are.
 */
@NullMarked
package io.resilver.simulation.fault;

import org.jspecify.annotations.NullMarked;
