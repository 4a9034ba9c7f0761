/**
 * What every provider shares: how it is found ({@link io.resilver.spi.Provider}), what it is opened with ({@link
 * io.resilver.spi.ProviderContext}), and how stable each type is ({@link io.resilver.spi.Api}).
 *
 * <p>The other packages are one idea each: {@link io.resilver.spi.model} has the words, {@link
 * io.resilver.spi.storage} is for vendors of storage engines, {@link
 * io.resilver.spi.plan} what was decided, {@link io.resilver.spi.policy} what to prefer, {@link
 * io.resilver.spi.event} what happened, {@link io.resilver.spi.error} what went wrong, and {@link
 * io.resilver.spi.driver} is what a host product calls.
 */
package io.resilver.spi;
