package io.resilver.spi.driver;

import io.resilver.spi.Api;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.Token;

/**
 * What a replica answered when it was fenced: it has promised the token's epoch, and this is where it stands (R34).
 *
 * @param replica who
 * @param token the session that the fence opened
 * @param store which disk answered
 * @param position where it stands
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record Fenced(ReplicaId replica, Token token, StoreIdentity store, ReplicaPosition position) {}
