/** A real ZooKeeper server in this process, for a product that runs without an ensemble of its own. */
@NullMarked
package io.resilver.coordination.server;

import org.jspecify.annotations.NullMarked;
