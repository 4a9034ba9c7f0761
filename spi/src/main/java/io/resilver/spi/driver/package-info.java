/**
 * What a host product calls. {@link io.resilver.spi.driver.RecoveryDrivers} finds the driver, {@link
 * io.resilver.spi.driver.RecoveryDriver} recovers replicas stepwise or whole, and {@link
 * io.resilver.spi.driver.Leadership} is what the primary of a volume holds.
 */
package io.resilver.spi.driver;
