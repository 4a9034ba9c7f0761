/** The other side of a catch-up: a restarted follower of Apache Ratis, with each server in a process of its own. */
@NullMarked
package io.resilver.bench.ratis;

import org.jspecify.annotations.NullMarked;
