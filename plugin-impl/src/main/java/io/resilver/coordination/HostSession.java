package io.resilver.coordination;

import io.resilver.runtime.HostRuntime;
import io.resilver.runtime.Strand;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.HostId;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * A host's presence: its one ephemeral node, made again in each new session, the heartbeats that carry its lease, and what
 * it last heard of the other hosts. Thread safe; nothing blocks. At most one request is under way at a time (R21).
 */
public final class HostSession implements HostPresence, AutoCloseable {
    /** Heartbeats between two readings of the hosts without a hint, in case a watch was lost. */
    private static final int HEARTBEATS_PER_LOOK = 16;

    private final CoordinationStore store;
    private final HostId host;
    private final Endpoint endpoint;
    private final byte[] data;
    private final LeaseSettings settings;
    private final HostRuntime runtime;
    private final Listener listener;
    private final Strand strand;
    private final LeaseClock lease;
    private final SharedRead<Set<HostNode>> hostsRead;
    private final CompletableFuture<HostNode> started = new CompletableFuture<>();

    private volatile Optional<HostNode> node = Optional.empty();
    private volatile Set<HostNode> live = Set.of();
    private volatile boolean closed;
    // on the strand
    private boolean busy;
    private boolean leaving;
    private boolean again;
    private int untilLook;
    private HostRuntime.Timer timer = () -> {};

    /** Hears of changes, one call at a time; must not block. */
    public interface Listener {
        /**
         * This host has a node: its first, or one in a new session, in which the tenures must be confirmed (R38).
         *
         * @param node the node in force
         */
        void sessionOpened(HostNode node);

        /**
         * Another set of hosts is there. A hint (R35).
         *
         * @param live the host nodes that were seen
         */
        void hostsSeen(Set<HostNode> live);

        /**
         * This client was refused, for ever: the session is closed and no lease will come (R43).
         *
         * @param why what was refused
         */
        void denied(RecoveryException why);
    }

    /**
     * A session that does nothing until {@link #start}.
     *
     * @param store where nodes live
     * @param host the host's stable id
     * @param endpoint where the host listens
     * @param settings the lease's times
     * @param runtime time and threads
     * @param listener hears of changes
     */
    public HostSession(
            CoordinationStore store,
            HostId host,
            Endpoint endpoint,
            LeaseSettings settings,
            HostRuntime runtime,
            Listener listener) {
        this.store = store;
        this.host = host;
        this.endpoint = endpoint;
        this.data = EndpointText.write(endpoint).getBytes(StandardCharsets.US_ASCII);
        this.settings = settings;
        this.runtime = runtime;
        this.listener = listener;
        this.strand = new Strand(
                runtime.workers(),
                error -> deny(new PermanentException("the session of host " + host + " failed: " + error, error)));
        this.lease = new LeaseClock(runtime.clock(), settings.lease());
        this.hostsRead = new SharedRead<>(() -> store.children(Paths.HOSTS).thenApply(HostSession::nodes));
    }

    /**
     * Makes the node and begins to beat. Call once.
     *
     * @return the first node, when it exists and the lease holds; fails when the client is refused or the session closed
     */
    public CompletionStage<HostNode> start() {
        store.onHint(this::hint);
        strand.execute(this::beat);
        return started;
    }

    @Override
    public HostId host() {
        return host;
    }

    @Override
    public Endpoint endpoint() {
        return endpoint;
    }

    @Override
    public Optional<HostNode> node() {
        return node;
    }

    @Override
    public boolean mayDecide() {
        return !closed && node.isPresent() && lease.valid();
    }

    @Override
    public void suspect() {
        strand.execute(this::beat);
    }

    /**
     * The host nodes that were last seen. A hint (R35).
     *
     * @return a copy; empty until they were first read
     */
    public Set<HostNode> liveHosts() {
        return live;
    }

    /**
     * Reads the host nodes now: whoever is missing in them was gone after this was asked, which what was seen before does not
     * tell of a host that came meanwhile. A hint all the same (R35). Whoever asks while the nodes are being read shares the
     * next reading: one is under way at a time, however many volumes ask (R21, R40).
     *
     * @return the nodes; fails like a read of the store
     */
    public CompletionStage<Set<HostNode>> readHosts() {
        return hostsRead.ask();
    }

    private static Set<HostNode> nodes(Set<String> names) {
        Set<HostNode> seen = new HashSet<>();
        names.forEach(name -> HostNode.parse(name).ifPresent(seen::add));
        return Set.copyOf(seen);
    }

    /** Stops beating and gives up the lease. The node goes with the store's session. Idempotent; does not block. */
    @Override
    public void close() {
        closed = true;
        lease.revoke();
        strand.execute(() -> {
            timer.cancel();
            started.completeExceptionally(new CancelledException("the session of host " + host + " was closed"));
        });
    }

    /**
     * Ends this host's presence at once and not with its session: its node is taken away, so that the others hear of it while
     * this host still closes what it has (R39). Call it when nothing is to be written into records any more: no change of
     * this host is made from now on. Includes {@link #close}. Idempotent; does not block.
     */
    public void leave() {
        close();
        strand.execute(() -> {
            leaving = true;
            removeNode();
        });
    }

    /** What cannot be removed now goes with the session. */
    private void removeNode() {
        if (busy || node.isEmpty()) {
            return; // the answer that is awaited leads here again
        }
        HostNode own = node.get();
        node = Optional.empty();
        store.closeHostNode(own);
    }

    /** Hosts that come and go are news that others wait for: they are looked at first, and the session after it. */
    private void hint() {
        strand.execute(() -> {
            untilLook = 0;
            if (closed || busy || node.isEmpty()) {
                beat();
                return;
            }
            busy = true;
            again = true;
            timer.cancel();
            look();
        });
    }

    private void beat() {
        if (closed) {
            return;
        }
        if (busy) {
            again = true;
            return;
        }
        busy = true;
        timer.cancel();
        long anchor = runtime.clock().nanos();
        node.ifPresentOrElse(
                own -> strand.whenDone(store.heartbeat(own, data), (answer, error) -> beaten(own, anchor, answer)),
                () -> strand.whenDone(
                        store.openHostNode(host, data),
                        (made, error) -> opened(anchor, Optional.ofNullable(made), error)));
    }

    private void beaten(HostNode own, long anchor, Answer answer) {
        if (answer instanceof Answer.Applied) {
            acknowledged(anchor);
        } else if (answer instanceof Answer.Missing) {
            lease.revoke();
            node = Optional.empty();
            again = true;
        } else if (answer instanceof Answer.Denied denied) {
            deny(new PermanentException(
                    "heartbeat of host node " + own + " was refused (" + denied.why() + "): check the credentials"));
        }
        look();
    }

    private void opened(long anchor, Optional<HostNode> made, Throwable error) {
        if (made.isPresent() && !closed) {
            node = made;
            acknowledged(anchor);
            untilLook = 0;
            listener.sessionOpened(made.get());
            started.complete(made.get());
        } else if (causeOf(error) instanceof PermanentException refused) {
            deny(refused);
        }
        look();
    }

    private void acknowledged(long anchor) {
        if (!closed) {
            lease.acknowledged(anchor);
        }
    }

    private void deny(PermanentException why) {
        if (!closed) {
            close();
            started.completeExceptionally(why);
            listener.denied(why);
        }
    }

    private void look() {
        if (closed || node.isEmpty() || untilLook-- > 0) {
            rest();
            return;
        }
        untilLook = HEARTBEATS_PER_LOOK;
        strand.whenDone(store.children(Paths.HOSTS), (names, error) -> looked(Optional.ofNullable(names)));
    }

    private void looked(Optional<Set<String>> names) {
        names.ifPresent(these -> {
            Set<HostNode> seen = nodes(these);
            if (!seen.equals(live)) {
                live = seen;
                listener.hostsSeen(live);
            }
        });
        rest();
    }

    private void rest() {
        busy = false;
        if (leaving) {
            removeNode();
        }
        if (closed) {
            return;
        }
        if (again) {
            again = false;
            strand.execute(this::beat);
        } else {
            timer = runtime.after(settings.heartbeatInterval(), () -> strand.execute(this::beat));
        }
    }

    private static Throwable causeOf(Throwable error) {
        return error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    }
}
