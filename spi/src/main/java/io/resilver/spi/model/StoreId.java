package io.resilver.spi.model;

import io.resilver.spi.Api;

/**
 * The random identity of one replica's store. A replaced disk has another; whatever restores or copies a disk must give it
 * a new one (R36).
 *
 * @param value 1 to 128 letters, digits, {@code '.'}, {@code '_'} or {@code '-'}
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record StoreId(String value) implements Comparable<StoreId> {
    /**
     * Checks the form of the id.
     *
     * @throws IllegalArgumentException when the id is missing or has another form
     */
    public StoreId {
        Ids.require("store id", value);
    }

    @Override
    public int compareTo(StoreId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
