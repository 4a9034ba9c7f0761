package io.resilver.spi.policy;

import io.resilver.spi.Api;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Bounds on one execution, checked inside the streaming loop on a monotonic clock (R14).
 *
 * @param duration since the execution began; empty for none
 * @param entries sent; empty for none
 * @param bytes sent; empty for none
 * @param noProgress since the target last made something durable (R22); always set
 * @param pinBytes what the execution's pins may hold on the source's disk (R20); always set
 * @param pinAge how long a pin may be held without its target making progress enough to advance it (R20); always set
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record Budgets(
        Optional<Duration> duration,
        OptionalLong entries,
        OptionalLong bytes,
        Duration noProgress,
        long pinBytes,
        Duration pinAge) {}
