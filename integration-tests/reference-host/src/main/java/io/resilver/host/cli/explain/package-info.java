/**
 * {@code resilver explain}: the planner as a filter. A line of JSON says where a source and a replica stand, the answer
 * says what the driver would do and why. A line that is wrong is answered with the field that is wrong, and the rest
 * still runs.
 */
@NullMarked
package io.resilver.host.cli.explain;

import org.jspecify.annotations.NullMarked;
