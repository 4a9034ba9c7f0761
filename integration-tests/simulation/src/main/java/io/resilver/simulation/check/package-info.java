/**
 * What must be true after every step, asked of what really happened: what stores let in and hold, what was acknowledged and
 * read. No checker looks into the hosts' own state. An {@link io.resilver.simulation.check.Objection} names the rule.
 */
@NullMarked
package io.resilver.simulation.check;

import org.jspecify.annotations.NullMarked;
