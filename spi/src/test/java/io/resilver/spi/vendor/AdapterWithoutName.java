package io.resilver.spi.vendor;

/** Can be made, and cannot say who it is. */
public final class AdapterWithoutName extends AdapterOfA {
    @Override
    public String name() {
        return null;
    }
}
