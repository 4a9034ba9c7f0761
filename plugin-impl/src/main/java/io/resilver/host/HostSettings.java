package io.resilver.host;

import io.resilver.coordination.TakeOverSettings;
import io.resilver.execution.LeaderOptions;
import java.time.Duration;

/**
 * The bounds and times of one host.
 *
 * @param recoverySlots recoveries that may run at a time
 * @param slotsPerPeer how many of them may go to one host
 * @param bufferBytes what they may hold in memory together (R51)
 * @param heartbeat from one word to the coordination service to the next (R38)
 * @param takeOver how patient a member is with a silent primary (R39)
 * @param leader the bounds of each term
 */
public record HostSettings(
        int recoverySlots,
        int slotsPerPeer,
        long bufferBytes,
        Duration heartbeat,
        TakeOverSettings takeOver,
        LeaderOptions leader) {}
