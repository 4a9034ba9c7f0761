package io.resilver.spi.vendor;

/** A second driver. */
public final class DriverOfB extends DriverOfA {}
