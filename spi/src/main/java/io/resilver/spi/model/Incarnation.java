package io.resilver.spi.model;

import io.resilver.spi.Api;

/**
 * Tells a volume from an earlier, deleted one with the same id: nothing that belongs to the old one can touch the new.
 *
 * @param value 1 to 128 letters, digits, {@code '.'}, {@code '_'} or {@code '-'}
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record Incarnation(String value) implements Comparable<Incarnation> {
    /**
     * Checks the form of the id.
     *
     * @throws IllegalArgumentException when the id is missing or has another form
     */
    public Incarnation {
        Ids.require("incarnation", value);
    }

    @Override
    public int compareTo(Incarnation other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
