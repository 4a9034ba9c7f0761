package io.resilver.plugin.config;

import io.resilver.coordination.curator.CuratorSettings;
import io.resilver.coordination.curator.ZooKeeperTls;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.model.Endpoint;
import io.resilver.transport.tls.TlsFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The configuration of one driver, and the list of all its keys. Everything is read and checked once, at start.
 * Immutable. What a key means is said once, in its own text, from which {@code docs/configuration.md} is made.
 *
 * <p>Spaces around a value mean nothing. Keys of the form {@code resilver.adapter.<name>.…}, {@code
 * resilver.policy.<name>.…} and {@code resilver.events.<name>.…} belong to the provider of that name: see {@link
 * ProviderKeys}.
 */
public final class DriverConfiguration {
    private static final long KIB = 1L << 10;
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;
    private static final long DAY_MS = Duration.ofDays(1).toMillis();

    public static final Key<String> TRANSPORT_ADDRESS = Key.text(
            "resilver.transport.address",
            "127.0.0.1",
            "Address on which this host listens for other hosts, and that it tells them unless resilver.transport.advertise is set. The default is reachable from this machine only, because the link is not encrypted without the TLS keys.");
    public static final Key<Integer> TRANSPORT_PORT = Key.integer(
            "resilver.transport.port", 0, 0, 65_535, "Port on which this host listens; 0 takes any free one.");
    public static final Key<Optional<Endpoint>> TRANSPORT_ADVERTISE = Key.optionalEndpoint(
            "resilver.transport.advertise",
            "Where other hosts reach this one, when that is not where it listens: behind a proxy, a forwarded port or in a container. Not set tells them the address and port on which it listens.");
    public static final Key<Duration> TRANSPORT_CONNECT_TIMEOUT = Key.millis(
            "resilver.transport.connect-timeout-ms",
            2_000,
            1,
            DAY_MS,
            "How long a connection to another host may take to open; less than the silence window, so that a dead address does not cost a take-over.");
    public static final Key<Duration> TRANSPORT_IDLE_TIMEOUT = Key.millis(
            "resilver.transport.idle-timeout-ms",
            10_000,
            10,
            DAY_MS,
            "After this long without a frame from the other side a connection is closed. It only frees what a dead peer holds: who leaves the in-sync set is decided sooner, by the policy's grace.");
    public static final Key<Optional<String>> TRANSPORT_TLS_CERTIFICATE = Key.optionalText(
            TlsFiles.CERTIFICATE_KEY,
            "This host's certificate and those that lead to its authority, PEM. It names the host id as DNS name, or as URI resilver:<host id>. With it, and the next two keys, hosts speak mutual TLS 1.3 only.");
    public static final Key<Optional<String>> TRANSPORT_TLS_KEY = Key.optionalText(
            TlsFiles.KEY_KEY, "The private key of the certificate, PEM, PKCS#8 without a password: protect the file.");
    public static final Key<Optional<String>> TRANSPORT_TLS_TRUST =
            Key.optionalText(TlsFiles.TRUST_KEY, "The authorities by which the hosts of this cluster are signed, PEM.");
    public static final Key<Duration> TRANSPORT_TLS_RELOAD = Key.millis(
            "resilver.transport.tls-reload-ms",
            60_000,
            100,
            DAY_MS,
            "How often the three files are looked at: changed ones hold for new connections, without a restart.");
    public static final Key<Integer> TRANSPORT_WINDOW = Key.integer(
            "resilver.transport.window-bytes",
            (int) (8 * MIB),
            (int) (64 * KIB),
            (int) GIB,
            "Payload under way to one replica and not yet acknowledged: 8 MiB fill 10 Gbit/s at 6 ms.");

    public static final Key<Coordination> COORDINATION_MODE = Key.choice(
            "resilver.coordination.mode",
            Coordination.ZOOKEEPER,
            Coordination.class,
            "Who says which host is a volume's primary: the built-in authority, or the host product's own through assignments.");
    public static final Key<Optional<String>> COORDINATION_CONNECT = Key.optionalText(
            "resilver.coordination.connect",
            "ZooKeeper's connect string, host:port,host:port,…; required in mode zookeeper.");
    public static final Key<String> COORDINATION_NAMESPACE = Key.text(
            "resilver.coordination.namespace",
            "resilver",
            "The znode below which everything lies. Hosts of one cluster have the same.");
    public static final Key<Duration> COORDINATION_SESSION_TIMEOUT = Key.millis(
            "resilver.coordination.session-timeout-ms",
            6_000,
            100,
            DAY_MS,
            "ZooKeeper's session timeout: how long a host that died counts as alive. Three ticks of a usual ensemble; the ensemble may lift or lower it.");
    public static final Key<Duration> COORDINATION_CONNECT_TIMEOUT = Key.millis(
            "resilver.coordination.connect-timeout-ms",
            15_000,
            1,
            DAY_MS,
            "How long start waits for ZooKeeper before it fails: longer than an election of the ensemble.");
    public static final Key<Duration> COORDINATION_HEARTBEAT = Key.millis(
            "resilver.coordination.heartbeat-ms",
            250,
            1,
            DAY_MS,
            "How often a host renews its lease and asks its members. A lease is half the session timeout less a tick and a heartbeat: 750 ms with the defaults, three heartbeats.");
    public static final Key<Duration> COORDINATION_SILENCE = Key.millis(
            "resilver.coordination.silence-ms",
            3_000,
            1,
            DAY_MS,
            "A member that heard nothing from its primary for this long may take over: longer than a mint, a promise and a fence take. A false alarm costs work, never data.");
    public static final Key<Duration> COORDINATION_READ_LEASE = Key.millis(
            "resilver.coordination.read-lease-ms",
            1_000,
            1,
            DAY_MS,
            "How long a primary may serve reads after every member answered it. Each take-over waits this long before it acknowledges a write.");
    public static final Key<Integer> COORDINATION_CLOCK_DRIFT = Key.integer(
            "resilver.coordination.clock-drift-percent",
            1,
            0,
            50,
            "By how much the clocks of two hosts may run at different speeds; leases are shortened by it. Quartz is 100 times better than 1 percent, virtual machines are not always.");

    public static final Key<Optional<String>> COORDINATION_USER = Key.optionalText(
            CuratorSettings.Identity.USER_KEY,
            "Who this host is to ZooKeeper, by its digest scheme; all hosts of a cluster are the same. Every znode, parents included, is then this identity's alone. Without it whoever reaches ZooKeeper can change everything.");
    public static final Key<Optional<String>> COORDINATION_PASSWORD = Key.optionalText(
            CuratorSettings.Identity.PASSWORD_KEY,
            "A file with that user's password on its one line, UTF-8; read at start. Protect the file, and set TLS to ZooKeeper: the digest scheme sends the password.");
    public static final Key<Optional<String>> COORDINATION_TLS_TRUST = Key.optionalText(
            ZooKeeperTls.TRUST_KEY,
            "The authorities by which ZooKeeper's servers are signed, PEM. With it this host speaks TLS to ZooKeeper only, and the certificates name the addresses of the connect string, whose ports are the secureClientPort.");
    public static final Key<Optional<String>> COORDINATION_TLS_IDENTITY = Key.optionalText(
            ZooKeeperTls.IDENTITY_KEY,
            "What this host shows to ZooKeeper's servers when they ask for it (ssl.clientAuth, on by default): certificate, those that lead to its authority, and private key, PKCS#8 without a password, in one PEM file: protect it. Changed TLS files hold for the next connection, without a restart.");

    public static final Key<Optional<String>> ADAPTER_NAME = Key.optionalText(
            "resilver.adapter.name", "Which storage adapter to open; not needed when only one is on the class path.");
    public static final Key<Optional<String>> POLICY_NAME = Key.optionalText(
            "resilver.policy.name", "Which recovery policy to open; not needed when only one is on the class path.");
    public static final Key<Optional<List<String>>> EVENT_SINKS = Key.optionalList(
            "resilver.events.sinks",
            "Which event sinks to open; not set opens all that are on the class path, empty opens none.");
    public static final Key<Integer> EVENT_QUEUE = Key.integer(
            "resilver.events.queue",
            1_024,
            1,
            1_000_000,
            "Events that wait for each sink; further ones are lost to that sink and counted. A burst of a thousand replicas fits.");

    public static final Key<Integer> RECOVERY_SLOTS = Key.integer(
            "resilver.recovery.slots",
            4,
            1,
            1_024,
            "Recoveries that this host sends at the same time. A few fill a disk; more only make each slower.");
    public static final Key<Integer> RECOVERY_SLOTS_PER_PEER = Key.integer(
            "resilver.recovery.slots-per-peer",
            3,
            1,
            1_024,
            "How many of these go to one host at the same time. One less than all by default, so that a host that is slow never holds back the replicas of the others.");
    public static final Key<Long> RECOVERY_BUFFER = Key.number(
            "resilver.recovery.buffer-bytes",
            256 * MIB,
            64 * KIB,
            1024 * GIB,
            "Payload that all streams of this host together may hold in memory; at least one window.");
    public static final Key<Integer> RECOVERY_BATCH = Key.integer(
            "resilver.recovery.batch-bytes",
            (int) MIB,
            (int) KIB,
            (int) (64 * MIB),
            "Payload in one batch of entries or one range of a base; at most one window. Below 1 MiB the cost of each request shows, above it memory does.");
    public static final Key<Duration> RECOVERY_PROGRESS = Key.millis(
            "resilver.recovery.progress-ms",
            1_000,
            1,
            DAY_MS,
            "How often at most a recovery reports progress: what a person can follow.");

    public static final Key<Long> SCRUB_RATE = Key.number(
            "resilver.scrub.bytes-per-second",
            0,
            0,
            1024 * GIB,
            "What this host reads of its own stores, in all: of the logs and images that it leads, to compare them with those of replicas in sync, each of which reads as much; and of all images whose engine has checksums, to look at these. 0 reads nothing, which is the default: every byte is read on two disks, and how much of them a scrub may have is for those to say who know them. 1 MiB is below a hundredth of most.");
    public static final Key<Duration> SCRUB_INTERVAL = Key.millis(
            "resilver.scrub.interval-ms",
            DAY_MS,
            0,
            365 * DAY_MS,
            "How long a replica whose whole log and image were compared, or whose whole image was read, is left alone. A log is trimmed within days, and what is trimmed cannot be compared any more.");

    public static final Key<Duration> DRIVER_CLOSE = Key.millis(
            "resilver.driver.close-ms",
            10_000,
            0,
            DAY_MS,
            "How long closing the driver waits for what is under way: enough for a flush and a hand-over, less than what service managers wait before they kill.");

    /** All keys, in the order in which they are documented. */
    static final List<Key<?>> KEYS = List.of(
            TRANSPORT_ADDRESS,
            TRANSPORT_PORT,
            TRANSPORT_ADVERTISE,
            TRANSPORT_CONNECT_TIMEOUT,
            TRANSPORT_IDLE_TIMEOUT,
            TRANSPORT_TLS_CERTIFICATE,
            TRANSPORT_TLS_KEY,
            TRANSPORT_TLS_TRUST,
            TRANSPORT_TLS_RELOAD,
            TRANSPORT_WINDOW,
            COORDINATION_MODE,
            COORDINATION_CONNECT,
            COORDINATION_NAMESPACE,
            COORDINATION_SESSION_TIMEOUT,
            COORDINATION_CONNECT_TIMEOUT,
            COORDINATION_HEARTBEAT,
            COORDINATION_SILENCE,
            COORDINATION_READ_LEASE,
            COORDINATION_CLOCK_DRIFT,
            COORDINATION_USER,
            COORDINATION_PASSWORD,
            COORDINATION_TLS_TRUST,
            COORDINATION_TLS_IDENTITY,
            ADAPTER_NAME,
            POLICY_NAME,
            EVENT_SINKS,
            EVENT_QUEUE,
            RECOVERY_SLOTS,
            RECOVERY_SLOTS_PER_PEER,
            RECOVERY_BUFFER,
            RECOVERY_BATCH,
            RECOVERY_PROGRESS,
            SCRUB_RATE,
            SCRUB_INTERVAL,
            DRIVER_CLOSE);

    private final Map<Key<?>, Object> values;
    private final Map<String, String> ofProviders;

    private DriverConfiguration(Map<Key<?>, Object> values, Map<String, String> ofProviders) {
        this.values = values;
        this.ofProviders = ofProviders;
    }

    /**
     * Reads and checks all keys.
     *
     * @param given what the host set
     * @return the configuration; the keys of providers are checked when these are open, by {@link
     *     ProviderKeys#refuseUnknown}
     * @throws PermanentException naming the first key that is wrong, its value and what to do
     */
    public static DriverConfiguration read(Map<String, String> given) throws PermanentException {
        Map<String, String> left = new TreeMap<>(given);
        Map<Key<?>, Object> values = new HashMap<>();
        for (Key<?> key : KEYS) {
            values.put(key, key.read(Optional.ofNullable(left.remove(key.name()))));
        }
        Map<String, String> ofProviders = new TreeMap<>();
        for (Map.Entry<String, String> each : left.entrySet()) {
            if (!ProviderKeys.isOfProvider(each.getKey())) {
                throw NearestKey.unknown(
                        each.getKey(),
                        each.getValue(),
                        KEYS.stream().map(Key::name).toList());
            }
            ofProviders.put(each.getKey(), each.getValue().strip());
        }
        DriverConfiguration configuration = new DriverConfiguration(values, ofProviders);
        configuration.checkTogether();
        return configuration;
    }

    /**
     * The value of a key, or its default.
     *
     * @param key one of this class
     * @param <T> the type of its value
     * @return the value
     */
    @SuppressWarnings("unchecked") // read() put a T there for each Key<T>
    public <T> T get(Key<T> key) {
        return (T) Objects.requireNonNull(values.get(key), key.name());
    }

    /**
     * The keys that belong to providers.
     *
     * @return a new book that nobody has asked yet
     */
    public ProviderKeys ofProviders() {
        return new ProviderKeys(ofProviders);
    }

    /**
     * The files of mutual TLS.
     *
     * @return where they are, or empty when hosts speak without it
     */
    public Optional<TlsFiles> tlsFiles() {
        return get(TRANSPORT_TLS_CERTIFICATE)
                .map(certificate -> new TlsFiles(
                        Path.of(certificate),
                        Path.of(get(TRANSPORT_TLS_KEY).orElseThrow()),
                        Path.of(get(TRANSPORT_TLS_TRUST).orElseThrow())));
    }

    /** What no key can say alone. */
    private void checkTogether() throws PermanentException {
        if (get(COORDINATION_MODE) == Coordination.ZOOKEEPER
                && get(COORDINATION_CONNECT).isEmpty()) {
            throw new PermanentException(
                    COORDINATION_CONNECT.name() + " is missing: set it to ZooKeeper's host:port, or "
                            + COORDINATION_MODE.name() + " to external when the host product decides who is primary");
        }
        List<Key<Optional<String>>> tls = List.of(TRANSPORT_TLS_CERTIFICATE, TRANSPORT_TLS_KEY, TRANSPORT_TLS_TRUST);
        for (Key<Optional<String>> each : tls) {
            if (get(each).isEmpty() && tls.stream().anyMatch(other -> get(other).isPresent())) {
                throw new PermanentException(
                        each.name() + " is missing: certificate, key and trust are set together, or none of them");
            }
        }
        if (get(COORDINATION_USER).isPresent() != get(COORDINATION_PASSWORD).isPresent()) {
            Key<?> missing = get(COORDINATION_USER).isPresent() ? COORDINATION_PASSWORD : COORDINATION_USER;
            throw new PermanentException(
                    missing.name() + " is missing: user and password file are set together, or none of them");
        }
        if (get(COORDINATION_TLS_IDENTITY).isPresent()
                && get(COORDINATION_TLS_TRUST).isEmpty()) {
            throw new PermanentException(COORDINATION_TLS_TRUST.name() + " is missing: without it "
                    + COORDINATION_TLS_IDENTITY.name() + " is not used, and nothing to ZooKeeper is encrypted");
        }
        atLeast(RECOVERY_BUFFER, get(RECOVERY_BUFFER), 1, TRANSPORT_WINDOW, get(TRANSPORT_WINDOW));
        atLeast(TRANSPORT_WINDOW, get(TRANSPORT_WINDOW), 1, RECOVERY_BATCH, get(RECOVERY_BATCH));
        long heartbeat = get(COORDINATION_HEARTBEAT).toMillis();
        // A lease is half the session less a heartbeat (and a tick): with fewer than 4 it is over before it is renewed.
        atLeast(
                COORDINATION_SESSION_TIMEOUT,
                get(COORDINATION_SESSION_TIMEOUT).toMillis(),
                4,
                COORDINATION_HEARTBEAT,
                heartbeat);
        // One lost heartbeat is no silence, and does not stop reads.
        atLeast(COORDINATION_SILENCE, get(COORDINATION_SILENCE).toMillis(), 2, COORDINATION_HEARTBEAT, heartbeat);
        atLeast(COORDINATION_READ_LEASE, get(COORDINATION_READ_LEASE).toMillis(), 2, COORDINATION_HEARTBEAT, heartbeat);
    }

    private static void atLeast(Key<?> key, long value, int times, Key<?> other, long otherValue)
            throws PermanentException {
        if (value < times * otherValue) {
            throw new PermanentException(key.name() + " = " + value + " is too small: it must be at least "
                    + (times == 1 ? "" : times + " times ") + other.name() + " = " + otherValue
                    + "; raise the first or lower the second");
        }
    }
}
