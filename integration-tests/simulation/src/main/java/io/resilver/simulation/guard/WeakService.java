package io.resilver.simulation.guard;

import io.resilver.coordination.Answer;
import io.resilver.coordination.Paths;
import io.resilver.coordination.Versioned;
import io.resilver.coordination.VolumeRecord;
import io.resilver.coordination.VolumeRecordCodec;
import io.resilver.simulation.host.ServiceClient;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;

/** Clients of the coordination service that take one liberty each. */
final class WeakService {
    private static final Duration WAIT = Duration.ofSeconds(1);

    private WeakService() {}

    /** Sets whatever version is there, as version -1 does. */
    static ServiceClient anyVersion(ServiceClient real) {
        return new ServiceClient(real, real.process()) {
            @Override
            public CompletionStage<Answer> compareAndSet(String path, byte[] data, int version, Set<String> checks) {
                return super.read(path)
                        .thenCompose(found -> super.compareAndSet(
                                path, data, found.map(Versioned::version).orElse(version), checks));
            }
        };
    }

    /** Changes records whether or not the node of a host is there, its own too. */
    static ServiceClient anyHost(ServiceClient real) {
        return new ServiceClient(real, real.process()) {
            @Override
            public CompletionStage<Answer> compareAndSet(String path, byte[] data, int version, Set<String> checks) {
                Set<String> others = new HashSet<>(checks);
                others.removeIf(each -> each.startsWith(Paths.HOSTS));
                return super.compareAndSet(path, data, version, others);
            }
        };
    }

    /** Sends a change again when its answer was lost, over whatever is there by then. */
    static ServiceClient blindRetry(ServiceClient real) {
        return new ServiceClient(real, real.process()) {
            @Override
            public CompletionStage<Answer> compareAndSet(String path, byte[] data, int version, Set<String> checks) {
                return super.compareAndSet(path, data, version, checks)
                        .thenCompose(answer -> answer instanceof Answer.Unknown
                                ? later(path, data, checks)
                                : CompletableFuture.completedFuture(answer));
            }

            private CompletionStage<Answer> later(String path, byte[] data, Set<String> checks) {
                CompletableFuture<Answer> result = new CompletableFuture<>();
                process()
                        .after(
                                WAIT,
                                () -> super.read(path)
                                        .thenCompose(found -> super.compareAndSet(
                                                path,
                                                data,
                                                found.map(Versioned::version).orElse(0),
                                                checks))
                                        .whenComplete((answer, lost) -> {
                                            if (lost != null
                                                    || answer instanceof Answer.Conflict
                                                    || answer instanceof Answer.Unknown) {
                                                later(path, data, checks).thenAccept(result::complete);
                                            } else {
                                                result.complete(answer);
                                            }
                                        }));
                return result;
            }
        };
    }

    /** Settles a lost answer by reading: what is there decides, and what is still under way comes later. */
    static ServiceClient settledByReading(ServiceClient real) {
        return new ServiceClient(real, real.process()) {
            @Override
            public CompletionStage<Answer> compareAndSet(String path, byte[] data, int version, Set<String> checks) {
                return super.compareAndSet(path, data, version, checks)
                        .thenCompose(answer -> answer instanceof Answer.Unknown
                                ? super.read(path).thenApply(found -> settled(found, data))
                                : CompletableFuture.completedFuture(answer));
            }

            private static Answer settled(Optional<Versioned<byte[]>> found, byte[] data) {
                return found.isPresent() && Arrays.equals(found.get().value(), data)
                        ? new Answer.Applied(found.get().version())
                        : new Answer.Conflict();
            }
        };
    }

    /** Takes this host's replica for a member of the set whatever the record says. */
    static ServiceClient memberAlways(ServiceClient real, HostId self) {
        return reading(real, record -> {
            Set<ReplicaId> members = new HashSet<>(record.inSync());
            own(record, self).ifPresent(each -> members.add(each.id()));
            return new VolumeRecord(
                    record.volume(),
                    record.incarnation(),
                    record.epoch(),
                    record.primary(),
                    record.configuration(),
                    record.replicas(),
                    members,
                    record.leastInSync());
        });
    }

    private static Optional<VolumeRecord.Replica> own(VolumeRecord record, HostId self) {
        return record.replicas().stream()
                .filter(each -> each.host().equals(self))
                .findFirst();
    }

    private static ServiceClient reading(ServiceClient real, UnaryOperator<VolumeRecord> as) {
        return new ServiceClient(real, real.process()) {
            @Override
            public CompletionStage<Optional<Versioned<byte[]>>> read(String path) {
                return super.read(path)
                        .thenApply(found ->
                                found.map(each -> new Versioned<>(with(path, each.value()), each.version())));
            }

            private byte[] with(String path, byte[] data) {
                try {
                    return VolumeRecordCodec.encode(as.apply(VolumeRecordCodec.decode(path, data)));
                } catch (RecoveryException e) {
                    throw new IllegalStateException(e);
                }
            }
        };
    }
}
