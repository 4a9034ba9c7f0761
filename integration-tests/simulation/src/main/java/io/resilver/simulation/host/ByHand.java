package io.resilver.simulation.host;

import io.resilver.simulation.time.SimulatedProcess;
import io.resilver.spi.driver.RecoveryExecution;
import io.resilver.spi.driver.Step;
import io.resilver.spi.model.ReplicaId;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A recovery that an operator takes into his own hands: he has it fenced, planned and begun, makes some steps, and leaves it as
 * it is. Told to go on he makes the others, and gives the replica back to the driver, whatever came of it.
 */
final class ByHand {
    private static final int REBUILDS = 3;
    private static final int MOST_STEPS = 6;

    private final Running running;
    private final SimulatedProcess process;
    private final ReplicaId replica;
    private final boolean rebuild;
    private int stepsLeft;
    private boolean goingOn;
    private boolean waiting;
    private @Nullable RecoveryExecution execution;

    /**
     * Nothing is done yet.
     *
     * @param running the host that leads the replica's volume
     * @param replica which
     */
    ByHand(Running running, ReplicaId replica) {
        this.running = running;
        this.process = running.process();
        this.replica = replica;
        Random random = process.chance();
        this.rebuild = random.nextInt(REBUILDS) == 0;
        this.stepsLeft = random.nextInt(MOST_STEPS);
    }

    /** Takes it. */
    void take() {
        running.operate(
                replica,
                senders -> senders.fence(replica)
                        .thenCompose(fenced ->
                                rebuild ? senders.planRebuild(replica) : senders.plan(replica, fenced.position()))
                        .thenCompose(senders::begin)
                        .whenComplete((begun, failure) -> {
                            execution = begun;
                            next();
                        }));
    }

    /** Goes on where it was left. */
    void goOn() {
        process.workers().execute(() -> {
            goingOn = true;
            if (waiting) {
                waiting = false;
                next();
            }
        });
    }

    private void next() {
        if (!goingOn && (execution == null || stepsLeft-- <= 0)) {
            waiting = true;
        } else if (execution == null) {
            running.operate(replica, senders -> senders.recover(replica));
        } else {
            step(execution);
        }
    }

    private void step(RecoveryExecution begun) {
        begun.step().whenComplete((step, failure) -> {
            if (failure == null && step.phase() == Step.Phase.DONE) {
                begun.complete().whenComplete((report, late) -> over());
            } else if (failure == null) {
                next();
            } else {
                over();
            }
        });
    }

    /** By success, or because something came between: what is left is the driver's, once the operator lets it. */
    private void over() {
        execution = null;
        next();
    }
}
