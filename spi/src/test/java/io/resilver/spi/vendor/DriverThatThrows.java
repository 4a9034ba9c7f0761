package io.resilver.spi.vendor;

/** Cannot be made. */
public final class DriverThatThrows extends DriverOfA {
    public DriverThatThrows() {
        throw new IllegalStateException("a test's own");
    }
}
