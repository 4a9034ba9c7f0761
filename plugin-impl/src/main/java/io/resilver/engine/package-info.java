/**
 * What is decided, and nothing else: where two logs agree, what a replica needs, what is committed, which state a sender
 * is in, which assignment is newer. Everything here is a function of its arguments or a small state machine. No thread,
 * clock, I/O or randomness; the classes with state are used by one thread at a time.
 */
@NullMarked
package io.resilver.engine;

import org.jspecify.annotations.NullMarked;
