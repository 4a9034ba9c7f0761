package io.resilver.simulation.host;

import io.resilver.coordination.Answer;
import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.HostNode;
import io.resilver.coordination.Versioned;
import io.resilver.simulation.time.SimulatedProcess;
import io.resilver.spi.model.HostId;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A client of the coordination service within a process: what it hears waits while the process is stopped. */
public class ServiceClient implements CoordinationStore {
    private final CoordinationStore real;
    private final SimulatedProcess process;

    /**
     * A client.
     *
     * @param real the service's side of it
     * @param process who asks
     */
    public ServiceClient(CoordinationStore real, SimulatedProcess process) {
        this.real = real;
        this.process = process;
    }

    /**
     * The process that asks.
     *
     * @return the same at every call
     */
    public final SimulatedProcess process() {
        return process;
    }

    private <T> CompletionStage<T> heard(CompletionStage<T> answer) {
        CompletableFuture<T> here = new CompletableFuture<>();
        answer.whenComplete((value, failure) -> process.workers().execute(() -> {
            if (failure == null) {
                here.complete(value);
            } else {
                here.completeExceptionally(failure);
            }
        }));
        return here;
    }

    @Override
    public CompletionStage<Optional<Versioned<byte[]>>> read(String path) {
        return heard(real.read(path));
    }

    @Override
    public CompletionStage<Set<String>> children(String path) {
        return heard(real.children(path));
    }

    @Override
    public CompletionStage<Answer> create(String path, String mark, byte[] data, Set<String> checks) {
        return heard(real.create(path, mark, data, checks));
    }

    @Override
    public CompletionStage<Answer> compareAndSet(String path, byte[] data, int version, Set<String> checks) {
        return heard(real.compareAndSet(path, data, version, checks));
    }

    @Override
    public CompletionStage<Answer> delete(String path, String mark, int version, Set<String> checks) {
        return heard(real.delete(path, mark, version, checks));
    }

    @Override
    public CompletionStage<HostNode> openHostNode(HostId host, byte[] data) {
        return heard(real.openHostNode(host, data));
    }

    @Override
    public CompletionStage<Answer> heartbeat(HostNode node, byte[] data) {
        return heard(real.heartbeat(node, data));
    }

    @Override
    public CompletionStage<Answer> closeHostNode(HostNode node) {
        return heard(real.closeHostNode(node));
    }

    @Override
    public Duration sessionTimeout() {
        return real.sessionTimeout();
    }

    @Override
    public void onHint(Runnable task) {
        real.onHint(task);
    }

    @Override
    public void close() {
        real.close();
    }
}
