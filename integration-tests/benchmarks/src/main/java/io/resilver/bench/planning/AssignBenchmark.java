package io.resilver.bench.planning;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** One operation is one assignment that lists many replicas, made, checked, and with a sender to each of them afterwards. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class AssignBenchmark {
    @Param("10000")
    private int replicas;

    private SenderFleet last = new SenderFleet(0, FleetVolume.OTHERS, false);

    /** A replica without a sender fails the measurement. */
    @TearDown
    public void verify() {
        last.verifyAssigned();
    }

    /**
     * Assigns all of them.
     *
     * @return their senders
     */
    @Benchmark
    public Object assign() {
        last = new SenderFleet(1, replicas, false);
        return last;
    }
}
