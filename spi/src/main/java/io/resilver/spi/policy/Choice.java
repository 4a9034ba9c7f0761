package io.resilver.spi.policy;

import io.resilver.spi.Api;
import io.resilver.spi.plan.Decision;

/**
 * Which of two proven ways.
 *
 * @param decision one of the two that were offered
 * @param why for people
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record Choice(Decision decision, String why) {}
