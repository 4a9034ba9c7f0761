/**
 * The stable contract of Resilver: what a host product calls, and what the vendors of storage engines, policies and
 * event sinks implement. It has no dependency beyond {@code java.base}.
 */
module io.resilver.spi {
    exports io.resilver.spi;
    exports io.resilver.spi.driver;
    exports io.resilver.spi.error;
    exports io.resilver.spi.event;
    exports io.resilver.spi.model;
    exports io.resilver.spi.plan;
    exports io.resilver.spi.policy;
    exports io.resilver.spi.storage;

    uses io.resilver.spi.driver.RecoveryDriverProvider;
    uses io.resilver.spi.event.EventSinkProvider;
    uses io.resilver.spi.policy.RecoveryPolicyProvider;
    uses io.resilver.spi.storage.StorageAdapterProvider;
}
