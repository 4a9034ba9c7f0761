package io.resilver.tck.example;

import io.resilver.tck.StorageAdapterTck;
import io.resilver.tck.TckFixture;

/** The adapter of the documentation keeps the contract. */
class AppendOnlyTckTest extends StorageAdapterTck {
    @Override
    public TckFixture fixture() {
        return new AppendOnlyFixture();
    }
}
