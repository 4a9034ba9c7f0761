/**
 * Simulated hosts: the driver's own host ({@link io.resilver.host.ReplicaHost}) in a process that can die, over disks that
 * outlive it, and a host product that opens, leads, writes, reads and keeps house.
 */
@NullMarked
package io.resilver.simulation.host;

import org.jspecify.annotations.NullMarked;
