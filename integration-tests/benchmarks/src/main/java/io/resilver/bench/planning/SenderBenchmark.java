package io.resilver.bench.planning;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** One operation is one replica of a fleet, with all that a host has for it: see {@link SenderFleet#recoverNext}. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class SenderBenchmark {
    @Param({"100", "10000"})
    private int replicas;

    private SenderFleet fleet = new SenderFleet(0, FleetVolume.OTHERS, true);

    /** Makes the fleet. */
    @Setup
    public void assign() {
        fleet = new SenderFleet(replicas / FleetVolume.OTHERS, FleetVolume.OTHERS, true);
    }

    /** A leak or a lost session fails the measurement. */
    @TearDown
    public void verify() {
        fleet.verifyFed();
    }

    /**
     * Recovers one replica.
     *
     * @return how many were recovered
     */
    @Benchmark
    public long recover() {
        return fleet.recoverNext();
    }
}
