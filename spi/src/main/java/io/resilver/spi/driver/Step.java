package io.resilver.spi.driver;

import io.resilver.spi.Api;

/**
 * How far an execution is after a step.
 *
 * @param phase what it does next
 * @param durableLsn what the target last reported as durable; never beyond the target LSN by our sending
 * @param targetLsn the frozen target
 * @param entries log entries sent so far
 * @param bytesSent payload bytes sent so far
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record Step(Phase phase, long durableLsn, long targetLsn, long entries, long bytesSent) {
    /** What an execution does next. */
    public enum Phase {
        /** Take the pins and read the history again (R9). */
        PIN,
        /** Truncate the target. */
        TRUNCATE,
        /** Send ranges of the base. */
        BASE,
        /** Have the target verify and install the base. */
        INSTALL,
        /** Send entries. */
        REPLAY,
        /** Wait until the target has durably reached its target LSN. */
        CONVERGE,
        /** Nothing: {@link RecoveryExecution#complete} answers. */
        DONE
    }

    /**
     * Whether no step is left.
     *
     * @return true in phase {@link Phase#DONE}
     */
    public boolean done() {
        return phase == Phase.DONE;
    }
}
