/**
 * {@code resilver bench takeover}: how long a volume, or a leader latch, is without its leader, for each way in which a leader
 * can end. Leaders are processes of their own; the ZooKeeper that both use runs in this one.
 */
@NullMarked
package io.resilver.bench.takeover;

import org.jspecify.annotations.NullMarked;
