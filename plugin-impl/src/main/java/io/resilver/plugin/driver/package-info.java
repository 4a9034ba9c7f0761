/**
 * The driver: what {@link java.util.ServiceLoader} finds and a host product calls. Everything that it is made of is wired
 * here, once, and closed here, in reverse order.
 */
@NullMarked
package io.resilver.plugin.driver;

import org.jspecify.annotations.NullMarked;
