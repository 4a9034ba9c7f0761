/**
 * The words of Resilver as immutable values: who (hosts, volumes, replicas, stores), how far (LSNs, histories,
 * positions), which writer (epochs, lineage) and what travels (entries, base images).
 *
 * <p>An LSN is a {@code long}: 1 or more for an entry, strictly rising along a log, not necessarily by 1; 0 means
 * "before the first entry". What can be unknown is an {@link java.util.Optional} or {@link java.util.OptionalLong};
 * no number stands for "unknown".
 */
package io.resilver.spi.model;
