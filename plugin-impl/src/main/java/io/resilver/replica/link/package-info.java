/**
 * What a sender says to a replica and what it answers, as values, and the link that carries them. The transport sends
 * them as frames; the simulation hands them over as they are.
 *
 * <p>Every message names its replica and token. A request that changes the store, and {@link
 * io.resilver.replica.link.Request.Fence}, opens or belongs to the one session that the token names; within a session
 * requests carry a sequence number from 1 on, without gaps, and answers name the last one that they cover (R30, R50).
 */
@NullMarked
package io.resilver.replica.link;

import org.jspecify.annotations.NullMarked;
