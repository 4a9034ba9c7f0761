/** The control protocol of {@code resilver serve}: one flat JSON object a line, as the serving and the asking side use it. */
@NullMarked
package io.resilver.host.cli.control;

import org.jspecify.annotations.NullMarked;
