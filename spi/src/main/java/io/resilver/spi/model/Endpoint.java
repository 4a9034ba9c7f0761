package io.resilver.spi.model;

import io.resilver.spi.Api;

/**
 * Where a host listens. A change of endpoint ends a session and keeps the sender (R4).
 *
 * @param address a host name or address
 * @param port 1 to 65535
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record Endpoint(String address, int port) {
    /**
     * Checks both parts.
     *
     * @throws IllegalArgumentException when the address is empty or the port is out of range
     */
    public Endpoint {
        if (address == null || address.isBlank()) {
            throw new IllegalArgumentException("an endpoint needs an address");
        }
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("port " + port + " of " + address + " is not between 1 and 65535");
        }
    }

    @Override
    public String toString() {
        return address + ":" + port;
    }
}
