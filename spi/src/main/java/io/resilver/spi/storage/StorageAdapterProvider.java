package io.resilver.spi.storage;

import io.resilver.spi.Api;
import io.resilver.spi.Provider;

/**
 * Finds a vendor's storage engine. Named in {@code META-INF/services/io.resilver.spi.storage.StorageAdapterProvider};
 * selected with the key {@code resilver.adapter.name}, or by being the only one present.
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public interface StorageAdapterProvider extends Provider<StorageAdapter> {}
