/**
 * The source's side: what a primary does to bring its replicas in sync and keep them there.
 *
 * <p>A {@link io.resilver.execution.VolumeLeader} owns one {@link io.resilver.execution.Sender} a replica. A sender makes one
 * {@link io.resilver.execution.Attempt} at a time: it owns a {@link io.resilver.execution.Session}, has the planner decide,
 * and runs one {@link io.resilver.execution.PlannedExecution}; the execution's {@link io.resilver.execution.Feeder} then
 * goes on as keep-up. {@link io.resilver.execution.InSyncSet} decides who must have an entry before it is committed.
 * {@link io.resilver.execution.RecoveryScheduler} holds the host's slots and bytes, {@link
 * io.resilver.execution.PinLedger} its pins.
 *
 * <p><b>Threads.</b> All state of a volume is touched on its leader's strand only. Storage calls run on the I/O executor
 * through {@link io.resilver.execution.StrandIo}, and come back to the strand. No lock is held across either (R21).
 */
@NullMarked
package io.resilver.execution;

import org.jspecify.annotations.NullMarked;
