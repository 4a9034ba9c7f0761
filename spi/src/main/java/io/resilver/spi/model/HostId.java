package io.resilver.spi.model;

import io.resilver.spi.Api;

/**
 * A host: one process that runs one driver, under an id that is configured and stays the same over restarts and new
 * addresses.
 *
 * @param value 1 to 128 letters, digits, {@code '.'}, {@code '_'} or {@code '-'}
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record HostId(String value) implements Comparable<HostId> {
    /**
     * Checks the form of the id.
     *
     * @throws IllegalArgumentException when the id is missing or has another form
     */
    public HostId {
        Ids.require("host id", value);
    }

    @Override
    public int compareTo(HostId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
