/** The coordination store over a ZooKeeper ensemble, by Apache Curator. The only place that knows their client classes. */
@NullMarked
package io.resilver.coordination.curator;

import org.jspecify.annotations.NullMarked;
