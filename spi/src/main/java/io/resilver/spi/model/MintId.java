package io.resilver.spi.model;

import io.resilver.spi.Api;

/**
 * A random id that is minted together with an epoch, so that two epochs with the same number are never taken for the
 * same (R3).
 *
 * @param value 1 to 128 letters, digits, {@code '.'}, {@code '_'} or {@code '-'}
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record MintId(String value) implements Comparable<MintId> {
    /**
     * Checks the form of the id.
     *
     * @throws IllegalArgumentException when the id is missing or has another form
     */
    public MintId {
        Ids.require("mint id", value);
    }

    @Override
    public int compareTo(MintId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
