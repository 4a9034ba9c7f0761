/**
 * {@code resilver demo}: the whole story on one machine. Three hosts are processes of their own, ZooKeeper runs in this one,
 * and what the hosts claim is checked from their files.
 */
@NullMarked
package io.resilver.host.cli.demo;

import org.jspecify.annotations.NullMarked;
