package io.resilver.spi.driver;

import io.resilver.spi.Api;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import java.util.Optional;

/**
 * One replica of an assignment.
 *
 * @param replica its stable id
 * @param host the host that holds its store
 * @param endpoint where that host listens; empty while it is not known
 * @param duty what is asked of it
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record ReplicaAssignment(ReplicaId replica, HostId host, Optional<Endpoint> endpoint, Duty duty) {
    /**
     * Checks the parts: a missing id is refused, not guessed.
     *
     * @throws IllegalArgumentException when a part is missing
     */
    public ReplicaAssignment {
        if (replica == null || host == null || endpoint == null || duty == null) {
            throw new IllegalArgumentException(
                    "an assigned replica needs an id, a host, an endpoint or none, and a duty");
        }
    }
}
