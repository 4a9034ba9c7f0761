package io.resilver.plugin.driver;

import com.codahale.metrics.MetricRegistry;
import io.resilver.coordination.curator.CuratorStore;
import io.resilver.execution.VolumeLeader;
import io.resilver.host.Failures;
import io.resilver.host.HostPorts;
import io.resilver.host.HostWiring;
import io.resilver.host.ReplicaHost;
import io.resilver.plugin.config.Coordination;
import io.resilver.plugin.config.DriverConfiguration;
import io.resilver.plugin.events.EventDispatcher;
import io.resilver.plugin.metrics.DriverMetrics;
import io.resilver.plugin.runtime.ThreadedRuntime;
import io.resilver.plugin.selection.OpenProviders;
import io.resilver.runtime.Repeated;
import io.resilver.spi.driver.DriverOptions;
import io.resilver.spi.driver.ReplicaStatus;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.storage.StorageAdapter;
import io.resilver.transport.EventLoops;
import io.resilver.transport.NettyConnector;
import io.resilver.transport.TransportOptions;
import io.resilver.transport.TransportServer;
import io.resilver.transport.tls.Tls;
import io.resilver.transport.tls.TlsFiles;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A host and the edges that it stands on, opened in order: threads, providers, metrics, sockets, the coordination service.
 * What fails closes what was opened before it.
 */
final class DriverParts {
    private static final Logger LOG = LoggerFactory.getLogger(DriverParts.class);

    /** How long a status may take; a strand that is busier than this shows as missing. */
    private static final Duration STATUS_PATIENCE = Duration.ofSeconds(2);

    private final DriverConfiguration configuration;
    private final ClosingStack closing;
    private final ThreadedRuntime runtime;
    private final OpenProviders providers;
    private final DriverMetrics metrics;
    private final ReplicaHost host;
    private final Endpoint endpoint;

    static DriverParts open(DriverOptions options) throws RecoveryException {
        ClosingStack closing = new ClosingStack();
        try {
            return new DriverParts(options, closing);
        } catch (RecoveryException | RuntimeException | Error e) {
            try {
                closing.close();
            } catch (RecoveryException alsoFailed) {
                e.addSuppressed(alsoFailed);
            }
            throw e;
        }
    }

    private DriverParts(DriverOptions options, ClosingStack closing) throws RecoveryException {
        this.closing = closing;
        this.configuration = DriverConfiguration.read(options.configuration());
        this.runtime = closing.push("threads", new ThreadedRuntime(options.host()));
        this.providers = OpenProviders.open(options, configuration, runtime.clock(), runtime.io());
        closing.push("storage adapter", providers.adapter());
        closing.push("recovery policy", providers.policy());
        Settings.requireFit(configuration, providers.policy());
        EventDispatcher events = closing.push(
                "event sinks",
                new EventDispatcher(
                        providers.sinks(), runtime.sinks(), configuration.get(DriverConfiguration.EVENT_QUEUE)));
        EventLoops loops =
                closing.push("event loops", new EventLoops(EventLoops.DEFAULT_COUNT, "resilver-" + options.host()));
        Optional<Tls> tls = tls(options);
        TransportOptions transport = TransportOptions.defaults()
                .withTls(tls)
                .withTimeouts(
                        configuration.get(DriverConfiguration.TRANSPORT_CONNECT_TIMEOUT),
                        configuration.get(DriverConfiguration.TRANSPORT_IDLE_TIMEOUT))
                .withBytes(
                        configuration.get(DriverConfiguration.TRANSPORT_WINDOW),
                        configuration.get(DriverConfiguration.RECOVERY_BUFFER));
        NettyConnector connector =
                closing.push("connector", new NettyConnector(loops, options.host(), runtime.io(), transport));
        this.host = new ReplicaHost(
                new HostPorts(
                        options.host(),
                        runtime,
                        providers.adapterName(),
                        providers.adapter(),
                        providers.policy(),
                        connector,
                        new Signals(options.host(), events, this::metrics)),
                Settings.of(configuration),
                HostWiring.SOUND);
        this.metrics = closing.push(
                "metrics",
                DriverMetrics.open(
                        options.lent(MetricRegistry.class).orElseGet(MetricRegistry::new),
                        new Readings(host.scheduler(), host.ledger(), events, host::leaders)));
        String address = configuration.get(DriverConfiguration.TRANSPORT_ADDRESS);
        TransportServer listening = closing.push(
                "transport",
                TransportServer.open(
                        loops,
                        new InetSocketAddress(address, configuration.get(DriverConfiguration.TRANSPORT_PORT)),
                        options.host(),
                        host.requests(),
                        transport));
        this.endpoint = configuration
                .get(DriverConfiguration.TRANSPORT_ADVERTISE)
                .orElseGet(() -> new Endpoint(address, listening.address().getPort()));
        tls.ifPresent(this::reload);
        if (configuration.get(DriverConfiguration.COORDINATION_MODE) == Coordination.ZOOKEEPER) {
            join();
        }
    }

    private DriverMetrics metrics() {
        return metrics;
    }

    private Optional<Tls> tls(DriverOptions options) throws RecoveryException {
        Optional<TlsFiles> files = configuration.tlsFiles();
        return files.isEmpty() ? Optional.empty() : Optional.of(Tls.open(files.get(), options.host()));
    }

    /** Who was not trusted is tried again when the own files change. */
    private void reload(Tls tls) {
        new Repeated(
                        runtime,
                        runtime.io(),
                        configuration.get(DriverConfiguration.TRANSPORT_TLS_RELOAD),
                        "TLS files",
                        () -> {
                            if (tls.reload()) {
                                host.leaders().forEach(VolumeLeader::trustChanged);
                            }
                        })
                .start();
    }

    /** Connects to ZooKeeper and makes the host's node; blocks at most as long as configured. */
    private void join() throws RecoveryException {
        String connect = configuration
                .get(DriverConfiguration.COORDINATION_CONNECT)
                .orElseThrow(() -> new PermanentException("set " + DriverConfiguration.COORDINATION_CONNECT.name()
                        + " to the connect string of ZooKeeper"));
        Duration patience = configuration.get(DriverConfiguration.COORDINATION_CONNECT_TIMEOUT);
        CuratorStore store =
                closing.push("coordination store", CuratorStore.open(ZooKeeperAccess.settings(configuration, connect)));
        closing.push("coordination", host::leave);
        try {
            host.join(store, endpoint).toCompletableFuture().get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (IllegalArgumentException e) {
            throw new PermanentException("the ensemble's times do not fit: " + e.getMessage(), e);
        } catch (ExecutionException e) {
            throw Failures.typed(e);
        } catch (TimeoutException e) {
            throw new RetriableException(
                    "ZooKeeper at " + connect + " did not make this host's node within " + patience, Duration.ZERO, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RetriableException("interrupted while connecting to " + connect, Duration.ZERO, e);
        }
    }

    ReplicaHost host() {
        return host;
    }

    StorageAdapter adapter() {
        return providers.adapter();
    }

    Endpoint endpoint() {
        return endpoint;
    }

    Duration closePatience() {
        return configuration.get(DriverConfiguration.DRIVER_CLOSE);
    }

    List<ReplicaStatus> statuses() {
        List<ReplicaStatus> all = new ArrayList<>();
        for (VolumeLeader each : host.leaders()) {
            try {
                all.addAll(each.status().toCompletableFuture().get(STATUS_PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
            } catch (ExecutionException | TimeoutException e) {
                LOG.atWarn()
                        .setMessage("a volume's status is missing")
                        .addKeyValue("volume", each.volume())
                        .log();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return all;
            }
        }
        return all;
    }

    void close() throws RecoveryException {
        closing.close();
    }
}
