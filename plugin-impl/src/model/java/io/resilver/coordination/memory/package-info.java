/**
 * A coordination service in memory, for tests and for simulation, and in no jar that ships: the same promises as ZooKeeper, and
 * the same ways to keep less than one hopes for. Requests and answers get lost or come late, a read may be old, a session
 * expires and its node stays for a while, and the whole service may be put back to what it was before. Time, threads and
 * chance come in as parameters, so that a run repeats exactly under its seed.
 */
@NullMarked
package io.resilver.coordination.memory;

import org.jspecify.annotations.NullMarked;
