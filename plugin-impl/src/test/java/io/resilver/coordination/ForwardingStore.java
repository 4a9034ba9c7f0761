package io.resilver.coordination;

import io.resilver.spi.model.HostId;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** Everything goes through to a real store: for injectors, counters and controls that change a part of it. */
public abstract class ForwardingStore implements CoordinationStore {
    private volatile CoordinationStore real;

    /** Before a store, which is closed with this one. */
    protected ForwardingStore(CoordinationStore real) {
        this.real = real;
    }

    /** The store behind this one. */
    protected final CoordinationStore real() {
        return real;
    }

    /** Puts another store behind this one. */
    protected final void real(CoordinationStore other) {
        real = other;
    }

    @Override
    public CompletionStage<Optional<Versioned<byte[]>>> read(String path) {
        return real.read(path);
    }

    @Override
    public CompletionStage<Answer> create(String path, String mark, byte[] data, Set<String> checks) {
        return real.create(path, mark, data, checks);
    }

    @Override
    public CompletionStage<Answer> compareAndSet(String path, byte[] data, int version, Set<String> checks) {
        return real.compareAndSet(path, data, version, checks);
    }

    @Override
    public CompletionStage<Answer> delete(String path, String mark, int version, Set<String> checks) {
        return real.delete(path, mark, version, checks);
    }

    @Override
    public CompletionStage<Set<String>> children(String path) {
        return real.children(path);
    }

    @Override
    public CompletionStage<HostNode> openHostNode(HostId host, byte[] data) {
        return real.openHostNode(host, data);
    }

    @Override
    public CompletionStage<Answer> heartbeat(HostNode node, byte[] data) {
        return real.heartbeat(node, data);
    }

    @Override
    public CompletionStage<Answer> closeHostNode(HostNode node) {
        return real.closeHostNode(node);
    }

    @Override
    public Duration sessionTimeout() {
        return real.sessionTimeout();
    }

    @Override
    public void onHint(Runnable hint) {
        real.onHint(hint);
    }

    @Override
    public void close() {
        real.close();
    }
}
