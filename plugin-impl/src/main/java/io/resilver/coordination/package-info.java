/**
 * Who may: epochs, the one record of each volume, and the one node of each host, over a small {@link
 * io.resilver.coordination.CoordinationStore}. ZooKeeper decides who may, the stores enforce it, the clock only saves work.
 *
 * <p>A host's way to lead a volume:
 *
 * <pre>
 *   UNADMITTED --admit--> ADMITTING --identity recorded--> FOLLOWING --takeOver--> TAKING_OVER --minted--> LEADING
 *        ^                    |                              ^   ^                     |                     |
 *        +----- not admitted -+                              |   +-- lost, no lease ---+                     |
 *                                                            +------- resigned, deposed, stood down --------+
 *   every state --close--> CLOSED
 * </pre>
 *
 * <p>The one idea behind every change: read the record, decide, compare-and-set at the version read together with a check
 * of the own host node, and do so again until a compare-and-set of our own was acknowledged (R35). Whatever is handed out
 * as the record in force was confirmed so. Nothing here starts a thread, reads a clock or opens a socket.
 */
@NullMarked
package io.resilver.coordination;

import org.jspecify.annotations.NullMarked;
