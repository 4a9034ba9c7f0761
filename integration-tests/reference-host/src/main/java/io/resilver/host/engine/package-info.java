/**
 * What the host product must know of a storage engine beyond its adapter: how blocks are written to and read from its stores. The
 * plugin needs none of this.
 */
@NullMarked
package io.resilver.host.engine;

import org.jspecify.annotations.NullMarked;
