package io.resilver.spi.plan;

import io.resilver.spi.Api;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;

/**
 * A decision bound to one session of one replica. It is executed as it is or not at all.
 *
 * @param replica the target
 * @param token the session in which it was made; it ends with that session
 * @param decision what to do
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record RecoveryPlan(ReplicaId replica, Token token, Decision decision) {}
