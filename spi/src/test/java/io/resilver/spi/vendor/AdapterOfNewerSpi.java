package io.resilver.spi.vendor;

import io.resilver.spi.SpiVersion;

/** Was written for a later SPI. */
public final class AdapterOfNewerSpi extends AdapterOfA {
    @Override
    public SpiVersion spiVersion() {
        return new SpiVersion(SpiVersion.CURRENT.major(), SpiVersion.CURRENT.minor() + 1);
    }
}
