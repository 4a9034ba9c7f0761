/**
 * Every configuration key that the driver knows, and the part of the configuration that belongs to each provider. What is
 * unknown, missing or malformed is an error at start that names the key, its value and the nearest valid key.
 */
@NullMarked
package io.resilver.plugin.config;

import org.jspecify.annotations.NullMarked;
