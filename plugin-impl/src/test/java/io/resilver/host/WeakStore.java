package io.resilver.host;

import io.resilver.coordination.Answer;
import io.resilver.coordination.CoordinationStore;
import io.resilver.coordination.ForwardingStore;
import io.resilver.coordination.Versioned;
import io.resilver.coordination.VolumeRecord;
import io.resilver.coordination.VolumeRecordCodec;
import io.resilver.runtime.HostRuntime;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A client of the coordination service that takes one liberty. For controls. */
class WeakStore extends ForwardingStore {
    private static final Duration WAIT = Duration.ofSeconds(1);

    private final HostRuntime runtime;

    WeakStore(CoordinationStore real, HostRuntime runtime) {
        super(real);
        this.runtime = runtime;
    }

    /** Sets whatever version is there, as version -1 does. */
    static CoordinationStore anyVersion(CoordinationStore real, HostRuntime runtime) {
        return new WeakStore(real, runtime) {
            @Override
            public CompletionStage<Answer> compareAndSet(String path, byte[] data, int version, Set<String> checks) {
                return overwrite(path, data, checks);
            }
        };
    }

    /** Sends a change again when its answer was lost, over whatever is there by then. */
    static CoordinationStore blindRetry(CoordinationStore real, HostRuntime runtime) {
        return new WeakStore(real, runtime) {
            @Override
            public CompletionStage<Answer> compareAndSet(String path, byte[] data, int version, Set<String> checks) {
                return super.compareAndSet(path, data, version, checks)
                        .thenCompose(answer -> answer instanceof Answer.Unknown
                                ? later(path, data, checks)
                                : CompletableFuture.completedFuture(answer));
            }
        };
    }

    /** Takes a replica for a member of the set whatever the record says. */
    static CoordinationStore memberAlways(CoordinationStore real, HostRuntime runtime, ReplicaId self) {
        return new WeakStore(real, runtime) {
            @Override
            public CompletionStage<Optional<Versioned<byte[]>>> read(String path) {
                return super.read(path)
                        .thenApply(found ->
                                found.map(each -> new Versioned<>(with(path, each.value()), each.version())));
            }

            private byte[] with(String path, byte[] data) {
                try {
                    VolumeRecord record = VolumeRecordCodec.decode(path, data);
                    Set<ReplicaId> members = new HashSet<>(record.inSync());
                    members.add(self);
                    return VolumeRecordCodec.encode(new VolumeRecord(
                            record.volume(),
                            record.incarnation(),
                            record.epoch(),
                            record.primary(),
                            record.configuration(),
                            record.replicas(),
                            members,
                            record.leastInSync()));
                } catch (RecoveryException e) {
                    throw new IllegalStateException(e);
                }
            }
        };
    }

    final CompletionStage<Answer> later(String path, byte[] data, Set<String> checks) {
        CompletableFuture<Answer> result = new CompletableFuture<>();
        runtime.after(WAIT, () -> overwrite(path, data, checks).thenAccept(result::complete));
        return result;
    }

    /** Tries until something is known: each try reads the version and nothing else. */
    final CompletionStage<Answer> overwrite(String path, byte[] data, Set<String> checks) {
        CompletableFuture<Answer> result = new CompletableFuture<>();
        real().read(path)
                .thenCompose(found ->
                        real().compareAndSet(path, data, found.orElseThrow().version(), checks))
                .whenComplete((answer, lost) -> {
                    if (lost != null || answer instanceof Answer.Conflict || answer instanceof Answer.Unknown) {
                        later(path, data, checks).thenAccept(result::complete);
                    } else {
                        result.complete(answer);
                    }
                });
        return result;
    }
}
