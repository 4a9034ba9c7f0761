package io.resilver.spi.policy;

import io.resilver.spi.Api;
import java.time.Duration;

/** What to do after a failed recovery. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public sealed interface NextAttempt {
    /**
     * Why, for people.
     *
     * @return a sentence
     */
    String why();

    /**
     * Fence, plan and execute again.
     *
     * @param after how long to wait
     * @param why for people
     */
    record Again(Duration after, String why) implements NextAttempt {}

    /**
     * Do not catch up again: rebuild.
     *
     * @param after how long to wait
     * @param why for people
     */
    record Rebuild(Duration after, String why) implements NextAttempt {}

    /**
     * Leave it until the host, an operator or a new assignment asks again.
     *
     * @param why for people
     */
    record GiveUp(String why) implements NextAttempt {}
}
