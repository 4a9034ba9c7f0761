package io.resilver.spi;

/** Time that never goes back, as a parameter. Implementations are thread safe and do not block. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
@FunctionalInterface
public interface MonotonicClock {
    /**
     * Nanoseconds since an arbitrary origin; only differences mean anything, and they are taken by subtraction, which
     * is right across an overflow.
     *
     * @return a value that is never less than one returned before, in the sense of subtraction
     */
    long nanos();
}
