/** What planning costs: the engine without storage and network, measured by JMH for few and for many replicas. */
@NullMarked
package io.resilver.bench.planning;

import org.jspecify.annotations.NullMarked;
