package io.resilver.coordination;

/**
 * A value and the version at which it was read or written. A version serves compare-and-set only; it is never a token
 * (R32).
 *
 * @param value the value
 * @param version the store's version of it
 * @param <T> what the value is
 */
public record Versioned<T>(T value, int version) {}
