package io.resilver.simulation;

import io.resilver.simulation.check.Objection;
import io.resilver.simulation.fault.FaultKind;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What came of one run.
 *
 * @param seed of the run
 * @param steps delivered messages, timers and completed calls of disks
 * @param idleSteps those in which nothing was sent, written or acknowledged
 * @param simulatedNanos how long it was for the hosts
 * @param acknowledged writes
 * @param recoveries completed ones, by what was done and why
 * @param faults what went wrong, by kind: only faults that made something fail
 * @param begun how many faults were drawn, those that were left out included
 * @param objection the first thing that was not as it must be
 * @param trace what happened, for people; empty when it was not asked for
 */
public record Outcome(
        long seed,
        long steps,
        long idleSteps,
        long simulatedNanos,
        long acknowledged,
        Map<Recovered, Long> recoveries,
        Map<FaultKind, Long> faults,
        int begun,
        Optional<Objection> objection,
        List<String> trace) {}
