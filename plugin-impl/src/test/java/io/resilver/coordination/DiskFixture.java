package io.resilver.coordination;

import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What opening writes on a disk, kept in memory; it can be copied and restored like one. */
final class DiskFixture implements StoreMarks {
    volatile StoreIdentity identity;
    volatile boolean usable = true;

    DiskFixture(String id) {
        this.identity = new StoreIdentity(new StoreId(id), 0);
    }

    @Override
    public CompletionStage<Void> identify(StoreIdentity next) {
        identity = next;
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> markUnusable(String why) {
        usable = false;
        return CompletableFuture.completedFuture(null);
    }
}
