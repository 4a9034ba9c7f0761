package io.resilver.spi.model;

import io.resilver.spi.Api;

/**
 * Which disk this is, and how often it was opened (R36).
 *
 * @param id the store's random id
 * @param openCount how often the store was opened, 0 before the first time
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public record StoreIdentity(StoreId id, long openCount) {
    /**
     * Checks the parts.
     *
     * @throws IllegalArgumentException when the id is missing or the count is negative
     */
    public StoreIdentity {
        if (id == null) {
            throw new IllegalArgumentException("a store identity needs an id");
        }
        if (openCount < 0) {
            throw new IllegalArgumentException("open count " + openCount + " of store " + id + " is negative");
        }
    }

    @Override
    public String toString() {
        return id + "@" + openCount;
    }
}
