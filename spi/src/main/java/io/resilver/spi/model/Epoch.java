package io.resilver.spi.model;

import io.resilver.spi.Api;

/**
 * One term of one primary. Numbers rise for ever within a volume's incarnation; the mint id tells two terms apart that
 * carry the same number after the coordination data was restored from an older state (R3, R42).
 *
 * @param number 1 or more
 * @param mint the random id minted with it
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record Epoch(long number, MintId mint) {
    /**
     * Checks both parts.
     *
     * @throws IllegalArgumentException when the number is less than 1 or the mint id is missing
     */
    public Epoch {
        if (number < 1) {
            throw new IllegalArgumentException("epoch " + number + " is less than 1");
        }
        if (mint == null) {
            throw new IllegalArgumentException("epoch " + number + " needs a mint id");
        }
    }

    /**
     * Whether another term has the same number and another mint id: an error that somebody must hear about (R3).
     *
     * @param other the other term
     * @return true for a conflict
     */
    public boolean conflictsWith(Epoch other) {
        return number == other.number && !mint.equals(other.mint);
    }

    @Override
    public String toString() {
        return number + ":" + mint;
    }
}
