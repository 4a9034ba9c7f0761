/**
 * The target's side of a store: the one gate through which every change enters (R2), and the actor that takes a sender's
 * requests in order, makes them durable in groups, and reports what is durable.
 *
 * <pre>
 *   fence ──▶ close the gate to lower tokens (under its lock)
 *         ──▶ wait for what was admitted ──▶ promise durably ──▶ read the position ──▶ answer      (R2, R34)
 * </pre>
 */
@NullMarked
package io.resilver.replica;

import org.jspecify.annotations.NullMarked;
