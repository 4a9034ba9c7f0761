/** {@code resilver serve}: one host of the reference product, steered over standard input and output. */
@NullMarked
package io.resilver.host.cli.serve;

import org.jspecify.annotations.NullMarked;
