/**
 * What can go wrong, as types that carry what a caller needs in order to act. Nobody parses a message: messages are for
 * people, and each says what was wrong, where, and what to do.
 */
package io.resilver.spi.error;
