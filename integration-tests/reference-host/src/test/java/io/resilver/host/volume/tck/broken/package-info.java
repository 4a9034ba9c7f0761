/**
 * Storage adapters that keep the whole contract but one sentence of it: each wraps the file volume and breaks one thing. The
 * contract tests must catch each, with the one test that is meant for it.
 */
package io.resilver.host.volume.tck.broken;
