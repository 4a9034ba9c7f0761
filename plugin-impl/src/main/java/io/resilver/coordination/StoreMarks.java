package io.resilver.coordination;

import io.resilver.spi.model.StoreIdentity;
import java.util.concurrent.CompletionStage;

/** What opening writes into a store. Each stage completes when it is durable, and fails when it is not known to be. */
public interface StoreMarks {
    /**
     * Sets id and open count.
     *
     * @param identity the new identity
     * @return completes when it is durable
     */
    CompletionStage<Void> identify(StoreIdentity identity);

    /**
     * Says that the content counts for nothing until it is rebuilt.
     *
     * @param why for people
     * @return completes when it is durable
     */
    CompletionStage<Void> markUnusable(String why);
}
