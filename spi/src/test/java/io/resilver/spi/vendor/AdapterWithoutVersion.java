package io.resilver.spi.vendor;

import io.resilver.spi.SpiVersion;

/** States a version by a constant that only another SPI has. */
public final class AdapterWithoutVersion extends AdapterOfA {
    @Override
    public SpiVersion spiVersion() {
        throw new NoSuchFieldError("V0_2");
    }
}
