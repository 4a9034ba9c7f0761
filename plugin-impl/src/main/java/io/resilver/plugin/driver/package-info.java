/**
 * The driver: what {@link java.util.ServiceLoader} finds and a host product calls. The host ({@link io.resilver.host}) gets its
 * edges here, threads, providers, sockets, the coordination service; all of it is wired once, and closed in reverse order.
 */
@NullMarked
package io.resilver.plugin.driver;

import org.jspecify.annotations.NullMarked;
