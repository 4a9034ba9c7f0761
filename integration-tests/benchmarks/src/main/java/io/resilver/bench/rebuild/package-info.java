/**
 * {@code resilver bench rebuild}, {@code rebuild-unchanged}, {@code resume} and {@code memory}: a replica that gets a whole base
 * image from its primary. Both are hosts in processes of their own, on loopback; the ZooKeeper that they use runs in this one.
 */
@NullMarked
package io.resilver.bench.rebuild;

import org.jspecify.annotations.NullMarked;
