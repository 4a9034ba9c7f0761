package io.resilver.plugin.driver;

import com.codahale.metrics.MetricRegistry;
import io.resilver.execution.LeaderContext;
import io.resilver.execution.LeaderOptions;
import io.resilver.execution.Meter;
import io.resilver.execution.PinLedger;
import io.resilver.execution.RecoveryScheduler;
import io.resilver.execution.VolumeLeader;
import io.resilver.plugin.config.Coordination;
import io.resilver.plugin.config.DriverConfiguration;
import io.resilver.plugin.events.EventDispatcher;
import io.resilver.plugin.metrics.DriverMetrics;
import io.resilver.plugin.runtime.ThreadedRuntime;
import io.resilver.plugin.selection.OpenProviders;
import io.resilver.replica.ReplicaServer;
import io.resilver.runtime.Strand;
import io.resilver.spi.driver.DriverOptions;
import io.resilver.spi.driver.ReplicaStatus;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.storage.Capability;
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
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Everything that a driver is made of, opened in order; what fails closes what was opened before it. */
final class DriverParts {
    private static final Logger LOG = LoggerFactory.getLogger(DriverParts.class);

    /** A leader looks at its replicas several times within the read lease. */
    private static final int TICKS_PER_LEASE = 4;

    /** How long a replica may take to answer its fence beyond connecting: a drain, a promise, a position. */
    private static final Duration FENCE_ANSWER = Duration.ofSeconds(3);

    /** How long a status may take; a strand that is busier than this shows as missing. */
    private static final Duration STATUS_PATIENCE = Duration.ofSeconds(2);

    private static final int PERCENT = 100;

    private final DriverOptions options;
    private final DriverConfiguration configuration;
    private final Map<ReplicaId, LocalReplica> replicas;
    private final ClosingStack closing;
    private final ThreadedRuntime runtime;
    private final OpenProviders providers;
    private final EventDispatcher events;
    private final DriverMetrics metrics;
    private final RecoveryScheduler scheduler;
    private final PinLedger ledger = new PinLedger();
    private final ReplicaServer server;
    private final NettyConnector connector;
    private final Endpoint endpoint;
    private final Optional<Cluster> cluster;

    static DriverParts open(DriverOptions options, Map<ReplicaId, LocalReplica> replicas) throws RecoveryException {
        ClosingStack closing = new ClosingStack();
        try {
            return new DriverParts(options, replicas, closing);
        } catch (RecoveryException | RuntimeException | Error e) {
            try {
                closing.close();
            } catch (RecoveryException alsoFailed) {
                e.addSuppressed(alsoFailed);
            }
            throw e;
        }
    }

    private DriverParts(DriverOptions options, Map<ReplicaId, LocalReplica> replicas, ClosingStack closing)
            throws RecoveryException {
        this.options = options;
        this.replicas = replicas;
        this.configuration = DriverConfiguration.read(options.configuration());
        this.scheduler = new RecoveryScheduler(
                configuration.get(DriverConfiguration.RECOVERY_SLOTS),
                configuration.get(DriverConfiguration.RECOVERY_BUFFER));
        this.runtime = closing.push("threads", new ThreadedRuntime(options.host()));
        this.providers = OpenProviders.open(options, configuration, runtime.clock(), runtime.io());
        closing.push("storage adapter", providers.adapter());
        closing.push("recovery policy", providers.policy());
        this.events = closing.push(
                "event sinks",
                new EventDispatcher(
                        providers.sinks(), runtime.sinks(), configuration.get(DriverConfiguration.EVENT_QUEUE)));
        this.metrics = closing.push(
                "metrics",
                DriverMetrics.open(
                        options.lent(MetricRegistry.class).orElseGet(MetricRegistry::new),
                        new Readings(scheduler, ledger, events, this::leaders)));
        this.server = new ReplicaServer(runtime, new StoreListener(this, metrics));
        EventLoops loops = closing.push("event loops", new EventLoops(EventLoops.DEFAULT_COUNT, "resilver-" + host()));
        Optional<Tls> tls = tls();
        TransportOptions transport = TransportOptions.defaults()
                .withTls(tls)
                .withTimeouts(
                        configuration.get(DriverConfiguration.TRANSPORT_CONNECT_TIMEOUT),
                        configuration.get(DriverConfiguration.TRANSPORT_IDLE_TIMEOUT))
                .withBytes(
                        configuration.get(DriverConfiguration.TRANSPORT_WINDOW),
                        configuration.get(DriverConfiguration.RECOVERY_BUFFER));
        String address = configuration.get(DriverConfiguration.TRANSPORT_ADDRESS);
        TransportServer listening = closing.push(
                "transport",
                TransportServer.open(
                        loops,
                        new InetSocketAddress(address, configuration.get(DriverConfiguration.TRANSPORT_PORT)),
                        host(),
                        server,
                        transport));
        this.endpoint = configuration
                .get(DriverConfiguration.TRANSPORT_ADVERTISE)
                .orElseGet(() -> new Endpoint(address, listening.address().getPort()));
        this.connector = closing.push("connector", new NettyConnector(loops, host(), runtime.io(), transport));
        this.cluster = configuration.get(DriverConfiguration.COORDINATION_MODE) == Coordination.ZOOKEEPER
                ? Optional.of(closing.push(
                        "coordination", Cluster.open(configuration, runtime, host(), endpoint, newStrand("volumes"))))
                : Optional.empty();
        this.closing = closing;
    }

    private Optional<Tls> tls() throws RecoveryException {
        Optional<TlsFiles> files = configuration.tlsFiles();
        if (files.isEmpty()) {
            return Optional.empty();
        }
        Tls opened = Tls.open(files.get(), host());
        new Repeated(
                        runtime,
                        runtime.io(),
                        configuration.get(DriverConfiguration.TRANSPORT_TLS_RELOAD),
                        "TLS files",
                        () -> {
                            if (opened.reload()) {
                                leaders().forEach(VolumeLeader::trustChanged);
                            }
                        })
                .start();
        return Optional.of(opened);
    }

    HostId host() {
        return options.host();
    }

    ThreadedRuntime runtime() {
        return runtime;
    }

    StorageAdapter adapter() {
        return providers.adapter();
    }

    ReplicaServer server() {
        return server;
    }

    Endpoint endpoint() {
        return endpoint;
    }

    Optional<Cluster> cluster() {
        return cluster;
    }

    Duration closePatience() {
        return configuration.get(DriverConfiguration.DRIVER_CLOSE);
    }

    void publish(RecoveryEvent event) {
        metrics.count(event);
        events.publish(event);
    }

    Strand strand(ReplicaId replica) {
        return newStrand(replica.toString());
    }

    private Strand newStrand(String what) {
        return new Strand(
                runtime.workers(),
                error -> LOG.atError()
                        .setMessage("a task failed unexpectedly: this is a bug in the driver")
                        .addKeyValue("host", host())
                        .addKeyValue("strand", what)
                        .setCause(error)
                        .log());
    }

    LeaderContext context(LocalReplica replica, Epoch epoch) {
        return new LeaderContext(
                replica.incarnation(),
                epoch,
                replica.id(),
                replica.store(),
                providers.adapter().capabilities().contains(Capability.SINGLE_WRITER_FOR_EVER),
                connector,
                providers.policy(),
                scheduler,
                ledger,
                meter(),
                event -> told(replica, event),
                () -> cluster.flatMap(each -> each.loop(replica.id())).ifPresent(LeadLoop::recordDoubted),
                leaderOptions());
    }

    /** A term's events; one of them is news for the terms after it. */
    private void told(LocalReplica leading, RecoveryEvent event) {
        publish(event);
        if (event instanceof RecoveryEvent.TokenRefused refused) {
            cluster.flatMap(each -> each.loop(leading.id()))
                    .ifPresent(loop -> loop.promiseMet(refused.promisedEpoch()));
        }
    }

    private LeaderOptions leaderOptions() {
        LeaderOptions byDefault = LeaderOptions.DEFAULT;
        Duration lease = configuration.get(DriverConfiguration.COORDINATION_READ_LEASE);
        return new LeaderOptions(
                configuration.get(DriverConfiguration.RECOVERY_BATCH),
                configuration.get(DriverConfiguration.TRANSPORT_WINDOW),
                configuration.get(DriverConfiguration.TRANSPORT_CONNECT_TIMEOUT).plus(FENCE_ANSWER),
                lease.dividedBy(TICKS_PER_LEASE),
                lease,
                lease.multipliedBy(PERCENT - configuration.get(DriverConfiguration.COORDINATION_CLOCK_DRIFT))
                        .dividedBy(PERCENT),
                byDefault.joinHold(),
                byDefault.undecidedRetry(),
                configuration.get(DriverConfiguration.RECOVERY_PROGRESS));
    }

    private Meter meter() {
        return new Meter() {
            @Override
            public void sent(long entries, long bytes) {
                metrics.sent(entries, bytes);
            }

            @Override
            public void step(long nanos) {
                metrics.stepped(nanos);
            }

            @Override
            public void committed() {
                metrics.committed();
            }
        };
    }

    /** Called by stores at any time, also while the driver is still being opened. */
    void linkLost(ReplicaId replica, HostId from) {
        cluster.flatMap(each -> each.loop(replica)).ifPresent(loop -> loop.linkLost(from));
    }

    void heardFromPrimary(ReplicaId replica) {
        cluster.flatMap(each -> each.loop(replica)).ifPresent(LeadLoop::heardFromPrimary);
    }

    Optional<LocalReplica> replica(ReplicaId id) {
        return Optional.ofNullable(replicas.get(id));
    }

    List<VolumeLeader> leaders() {
        List<VolumeLeader> leading = new ArrayList<>();
        for (LocalReplica each : replicas.values()) {
            each.leader()
                    .filter(term -> !term.ended().toCompletableFuture().isDone())
                    .ifPresent(leading::add);
        }
        return leading;
    }

    List<ReplicaStatus> statuses() {
        List<ReplicaStatus> all = new ArrayList<>();
        for (VolumeLeader each : leaders()) {
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
