/**
 * What an operator can watch, in the host's own Dropwizard registry. One table lists all names; there is none for each
 * replica, so that a host with a hundred thousand replicas has as many metrics as one with three.
 */
@NullMarked
package io.resilver.plugin.metrics;

import org.jspecify.annotations.NullMarked;
