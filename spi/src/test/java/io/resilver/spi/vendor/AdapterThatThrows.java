package io.resilver.spi.vendor;

/** Cannot be made. */
public final class AdapterThatThrows extends AdapterOfA {
    public AdapterThatThrows() {
        throw new IllegalStateException("the licence file is missing");
    }
}
