/**
 * The target's side of a recovery and of keep-up: what a replica does with what its sender says.
 *
 * <p>Each open store has one {@link io.resilver.replica.FencingGate} and one {@link io.resilver.replica.ReplicaTarget}. The
 * gate knows the highest token and lets nobody else in. The target takes requests on a strand, makes one change to the
 * store at a time on the I/O executor, and answers with what is durable. {@link io.resilver.replica.ReplicaServer} finds the
 * target that a request is for.
 *
 * <p>No thread, clock or socket is made here.
 */
@NullMarked
package io.resilver.replica;

import org.jspecify.annotations.NullMarked;
