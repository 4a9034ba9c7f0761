package io.resilver.plugin.driver;

import io.resilver.execution.PinLedger;
import io.resilver.execution.RecoveryScheduler;
import io.resilver.execution.VolumeLeader;
import io.resilver.plugin.events.EventDispatcher;
import io.resilver.plugin.metrics.DriverReadings;
import java.util.List;
import java.util.function.Supplier;

/** What the gauges read. */
record Readings(
        RecoveryScheduler scheduler, PinLedger ledger, EventDispatcher events, Supplier<List<VolumeLeader>> leaders)
        implements DriverReadings {
    @Override
    public int active() {
        return scheduler.active();
    }

    @Override
    public int waiting() {
        return scheduler.waiting();
    }

    @Override
    public long lagLsns() {
        return leaders.get().stream().mapToLong(VolumeLeader::lagLsns).max().orElse(0);
    }

    @Override
    public int pins() {
        return ledger.count();
    }

    @Override
    public long pinnedBytes() {
        return ledger.heldBytes();
    }

    @Override
    public long eventsLost() {
        return events.lost();
    }
}
