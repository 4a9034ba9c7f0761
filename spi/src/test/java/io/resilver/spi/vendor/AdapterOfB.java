package io.resilver.spi.vendor;

/** Another name. */
public final class AdapterOfB extends AdapterOfA {
    @Override
    public String name() {
        return "b";
    }
}
