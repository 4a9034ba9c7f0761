package io.resilver.spi.driver;

import io.resilver.spi.Api;
import io.resilver.spi.plan.RecoveryPlan;
import java.util.concurrent.CompletionStage;

/**
 * One bound plan being executed in bounded steps. Thread safe; nothing here blocks; one step at a time: a step that is
 * asked for while another is under way begins after it. A stage that fails carries a {@link
 * io.resilver.spi.error.RecoveryException}; by then every pin is released and the sender holds no active session (R12,
 * R13).
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public interface RecoveryExecution {
    /**
     * What is executed.
     *
     * @return the plan, the same at every call
     */
    RecoveryPlan plan();

    /**
     * Does one bounded unit of work: takes the pins, truncates, sends a batch or a range, or waits for the target.
     *
     * @return completes when the next step may begin: when the send window has room, not when the target has answered
     */
    CompletionStage<Step> step();

    /**
     * Confirms durable convergence and releases the pins, all but what keep-up goes on with.
     *
     * @return the report; fails when the target is not durably at the plan's target
     */
    CompletionStage<RecoveryReport> complete();

    /**
     * Ends it, whatever it is doing, and releases every pin. Idempotent; after completion it does nothing.
     *
     * @param why for people and for the event
     * @return completes when everything is released
     */
    CompletionStage<Void> cancel(String why);
}
