/**
 * The real threads, the real clock and the real randomness of one host. Everything below gets them as a {@link
 * io.resilver.runtime.HostRuntime}.
 */
@NullMarked
package io.resilver.plugin.runtime;

import org.jspecify.annotations.NullMarked;
