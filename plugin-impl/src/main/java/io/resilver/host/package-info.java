/**
 * One whole host above its edges: the stores that are open, their gates and targets, the loop that leads each volume when it
 * may, the terms it leads, and how all of that begins and ends.
 *
 * <pre>
 *   RecoveryDriver (plugin.driver: threads, Netty, Curator, providers)      a simulated host (clock, network, disk, ensemble)
 *          │                                                                      │
 *          └──────────────────────────▶ {@link io.resilver.host.ReplicaHost} ◀────────────────────────┘
 *                                           │ openings     R36   a store is compared with the record before it is served
 *                                           │ lead loops   R39   one a replica: watches, takes over, hands over
 *                                           │ assignments  R4    where the host product decides instead
 *                                           └ server       R2    requests of other hosts, through each store's gate
 * </pre>
 *
 * <p>Everything comes in as a parameter ({@link io.resilver.host.HostPorts}), so that whole hosts run on one thread under one
 * seed. Nothing here starts a thread, reads a clock or opens a socket; nothing blocks.
 */
@NullMarked
package io.resilver.host;

import org.jspecify.annotations.NullMarked;
