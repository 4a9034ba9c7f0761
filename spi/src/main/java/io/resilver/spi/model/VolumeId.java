package io.resilver.spi.model;

import io.resilver.spi.Api;

/**
 * A volume: one replicated log and the image that it builds.
 *
 * @param value 1 to 128 letters, digits, {@code '.'}, {@code '_'} or {@code '-'}
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record VolumeId(String value) implements Comparable<VolumeId> {
    /**
     * Checks the form of the id.
     *
     * @throws IllegalArgumentException when the id is missing or has another form
     */
    public VolumeId {
        Ids.require("volume id", value);
    }

    @Override
    public int compareTo(VolumeId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
