/** The command {@code resilver simulate}: seeds, guards, and a report for people or programs. */
@NullMarked
package io.resilver.simulation.cli;

import org.jspecify.annotations.NullMarked;
