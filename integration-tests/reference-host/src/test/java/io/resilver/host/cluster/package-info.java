/** Whole drivers over real files, real sockets and a real ZooKeeper, several in one process. */
package io.resilver.host.cluster;
