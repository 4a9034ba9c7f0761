/**
 * What was decided for a replica, and why: outcome and proof in one value (R8). A decision is made once, by the planner;
 * whoever executes it derives nothing again.
 */
package io.resilver.spi.plan;
