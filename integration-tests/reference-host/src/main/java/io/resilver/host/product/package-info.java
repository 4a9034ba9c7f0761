/**
 * The reference host as a storage product: one replica of one volume, embedded around the plugin. It uses the SPI and its
 * own file volume, and nothing of the driver's inside.
 */
@NullMarked
package io.resilver.host.product;

import org.jspecify.annotations.NullMarked;
