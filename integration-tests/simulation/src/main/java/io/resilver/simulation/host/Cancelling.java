package io.resilver.simulation.host;

import io.resilver.simulation.time.SimulatedProcess;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.plan.RecoveryPlan;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;

/** Operators of one host: each cancels the next recovery, soon after it was planned, and lets it go on later. */
final class Cancelling {
    static final String WHY = "an operator";
    private static final int LATEST_MS = 60;

    private final Running running;
    private final ArrayDeque<Operator> waiting = new ArrayDeque<>();

    Cancelling(Running running) {
        this.running = running;
    }

    /** One who has not seen a recovery yet, or has ended one. */
    private static final class Operator {
        private Optional<ReplicaId> ended = Optional.empty();
        private boolean over;
    }

    /** Waits for a recovery. What is returned lets it go on: who cancels must say so. */
    Runnable next() {
        Operator operator = new Operator();
        waiting.add(operator);
        return () -> {
            operator.over = true;
            waiting.remove(operator);
            operator.ended.ifPresent(replica -> running.operate(replica, senders -> senders.recover(replica)));
        };
    }

    void planned(RecoveryPlan plan) {
        Operator operator = waiting.poll();
        if (operator == null) {
            return;
        }
        SimulatedProcess process = running.process();
        process.after(Duration.ofMillis(process.chance().nextInt(LATEST_MS)), () -> {
            if (!operator.over) {
                operator.ended = Optional.of(plan.replica());
                running.operate(plan.replica(), senders -> senders.cancel(plan, true, WHY));
            }
        });
    }
}
