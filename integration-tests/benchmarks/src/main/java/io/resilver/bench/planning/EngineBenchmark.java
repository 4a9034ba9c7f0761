package io.resilver.bench.planning;

import io.resilver.spi.plan.RecoveryPlan;
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

/** One operation is one replica of a fleet: see {@link EngineFleet#recoverNext}. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class EngineBenchmark {
    @Param({"100", "10000"})
    private int replicas;

    private EngineFleet fleet = new EngineFleet(0);

    /** Makes the fleet. */
    @Setup
    public void assign() {
        fleet = new EngineFleet(replicas);
    }

    /** A leak or a lost session fails the measurement. */
    @TearDown
    public void verify() {
        fleet.verify();
    }

    /**
     * Recovers one replica.
     *
     * @return its plan
     */
    @Benchmark
    public RecoveryPlan recover() {
        return fleet.recoverNext();
    }
}
