package io.resilver.plugin.selection;

import io.resilver.plugin.config.DriverConfiguration;
import io.resilver.plugin.config.ProviderKeys;
import io.resilver.plugin.events.NamedSink;
import io.resilver.spi.MonotonicClock;
import io.resilver.spi.Provider;
import io.resilver.spi.Providers;
import io.resilver.spi.driver.DriverOptions;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.event.EventSinkProvider;
import io.resilver.spi.policy.RecoveryPolicy;
import io.resilver.spi.policy.RecoveryPolicyProvider;
import io.resilver.spi.storage.StorageAdapter;
import io.resilver.spi.storage.StorageAdapterProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * The open storage adapter, policy and event sinks of a driver. Whoever opens them closes each: they end at different
 * times, the sinks last.
 *
 * @param adapterName the storage adapter's name
 * @param adapter the storage adapter
 * @param policy the recovery policy
 * @param sinks the event sinks, in the order in which they were configured or found
 */
public record OpenProviders(String adapterName, StorageAdapter adapter, RecoveryPolicy policy, List<NamedSink> sinks) {
    /** Copies the list. */
    public OpenProviders {
        sinks = List.copyOf(sinks);
    }

    /**
     * Chooses all providers, then opens them, then refuses keys that none of them asked for. Blocks on what providers do.
     *
     * @param options the host's
     * @param configuration what was read from them
     * @param clock lent to providers
     * @param executor lent to providers; may be blocked
     * @return what is open
     * @throws RecoveryException naming the provider or key that is wrong; then whatever was open is closed again
     */
    public static OpenProviders open(
            DriverOptions options, DriverConfiguration configuration, MonotonicClock clock, Executor executor)
            throws RecoveryException {
        // Everything is chosen before anything is opened: a name that is wrong touches no disk.
        StorageAdapterProvider adapter = find("storage adapter", StorageAdapterProvider.class, options)
                .select(configuration.get(DriverConfiguration.ADAPTER_NAME), DriverConfiguration.ADAPTER_NAME.name());
        RecoveryPolicyProvider policy = find("recovery policy", RecoveryPolicyProvider.class, options)
                .select(configuration.get(DriverConfiguration.POLICY_NAME), DriverConfiguration.POLICY_NAME.name());
        List<EventSinkProvider> sinks = sinks(
                find("event sink", EventSinkProvider.class, options),
                configuration.get(DriverConfiguration.EVENT_SINKS));

        ProviderKeys keys = configuration.ofProviders();
        Opener opener = new Opener(options, keys, clock, executor);
        try {
            List<NamedSink> openSinks = new ArrayList<>();
            for (EventSinkProvider each : sinks) {
                openSinks.add(new NamedSink(each.name(), opener.open("events", each)));
            }
            RecoveryPolicy openPolicy = opener.open("policy", policy);
            StorageAdapter openAdapter = opener.open("adapter", adapter);
            keys.refuseUnknown();
            return new OpenProviders(adapter.name(), openAdapter, openPolicy, openSinks);
        } catch (RecoveryException | RuntimeException | Error e) {
            opener.closeAll(e);
            throw e;
        }
    }

    private static <P extends Provider<?>> Providers<P> find(String kind, Class<P> type, DriverOptions options) {
        Providers<P> found = Providers.in(kind, type, options.loader());
        BrokenProviders.report(found);
        return found;
    }

    private static List<EventSinkProvider> sinks(Providers<EventSinkProvider> present, Optional<List<String>> names)
            throws RecoveryException {
        List<EventSinkProvider> chosen = new ArrayList<>();
        List<String> wanted = names.orElseGet(() ->
                present.found().stream().map(EventSinkProvider::name).distinct().toList());
        for (String name : wanted) {
            chosen.add(present.select(Optional.of(name), DriverConfiguration.EVENT_SINKS.name()));
        }
        return chosen;
    }
}
