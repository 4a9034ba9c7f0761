package io.resilver.spi.driver;

import io.resilver.spi.Api;
import io.resilver.spi.model.HostId;
import java.util.List;

/**
 * What a driver is doing. A copy; it does not change.
 *
 * @param host which host
 * @param health {@code OK}, or what is wrong, for people
 * @param replicas the replicas whose senders are here
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record DriverStatus(HostId host, String health, List<ReplicaStatus> replicas) {
    /** Copies the list. */
    public DriverStatus {
        replicas = List.copyOf(replicas);
    }
}
