/** The built-in recovery policy: the SPI's own preferences, with its bounds configurable. */
@NullMarked
package io.resilver.plugin.policy;

import org.jspecify.annotations.NullMarked;
