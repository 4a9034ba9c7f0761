module product {
    requires io.resilver.spi;
}
