/**
 * What happened, as typed records. Sinks are called in order per replica, off the recovery path, through a bounded queue:
 * a sink that is slow or throws loses its own events, which is counted, and never delays a recovery.
 */
package io.resilver.spi.event;
