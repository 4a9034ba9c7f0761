package io.resilver.bench.ratis;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientAsynchronousProtocol;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.jspecify.annotations.Nullable;

/** One member of a group, in this process: it is started, closed, and started again on what it has. One user at a time. */
final class RatisMember {
    /** How many bytes of writes are on their way at most, and how many writes. */
    private static final int BYTES_IN_FLIGHT = 8 << 20;

    private static final int WRITES_IN_FLIGHT = 4_096;

    /** How often the log is asked how far it is forced. The calls cost nothing, and a catch-up takes seconds. */
    private static final long LOOK_EVERY_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

    private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(5);

    private final RaftGroup group;
    private final RaftPeerId id;
    private final Path directory;
    private final int port;
    private final int entryBytes;
    private @Nullable RaftServer server;
    private AppliedEntries applied = new AppliedEntries();

    RatisMember(RaftGroup group, RaftPeerId id, Path directory, int port, int entryBytes) {
        this.group = group;
        this.id = id;
        this.directory = directory;
        this.port = port;
        this.entryBytes = entryBytes;
    }

    /** What a catch-up took, in nanoseconds. */
    record Times(long streaming, long restart) {}

    /** Starts it for the first time. */
    void format() throws IOException {
        start(RaftStorage.StartupOption.FORMAT);
    }

    private void start(RaftStorage.StartupOption option) throws IOException {
        applied = new AppliedEntries();
        RaftServer starting = RaftServer.newBuilder()
                .setGroup(group)
                .setServerId(id)
                .setStateMachine(applied)
                .setOption(option)
                .setProperties(RatisSettings.properties(directory, port, entryBytes))
                .build();
        server = starting;
        starting.start();
    }

    /** Idempotent. */
    void close() throws IOException {
        RaftServer closing = server;
        server = null;
        if (closing != null) {
            closing.close();
        }
    }

    private RaftServer running() {
        if (server == null) {
            throw new IllegalStateException("the server was not started");
        }
        return server;
    }

    private RaftServer.Division division() throws IOException {
        return running().getDivision(group.getGroupId());
    }

    private RaftLog log() throws IOException {
        return division().getRaftLog();
    }

    boolean leads() throws IOException {
        return division().getInfo().isLeaderReady();
    }

    /** The index after the last entry of its log. */
    long next() throws IOException {
        return log().getNextIndex();
    }

    /** Waits until its log is forced up to an entry. */
    void awaitForced(long last) throws IOException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        RaftLog log = log();
        while (log.getFlushIndex() < last) {
            if (System.nanoTime() - deadline > 0) {
                throw new IOException("forced to " + log.getFlushIndex() + " and not to " + last);
            }
            LockSupport.parkNanos(LOOK_EVERY_NANOS);
        }
    }

    /** Waits until the entries up to one are applied, and answers what was. */
    AppliedEntries.Digest digest(long last) throws IOException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (division().getInfo().getLastAppliedIndex() < last) {
            if (System.nanoTime() - deadline > 0) {
                throw new IOException(
                        "applied to " + division().getInfo().getLastAppliedIndex() + " and not to " + last);
            }
            LockSupport.parkNanos(LOOK_EVERY_NANOS);
        }
        return applied.digest();
    }

    /** Starts it again, and waits until it has all up to an entry forced. */
    Times catchUp(long last) throws IOException {
        long from = System.nanoTime();
        start(RaftStorage.StartupOption.RECOVER);
        awaitForced(last);
        long end = System.nanoTime();
        long first = applied.firstReceivedAt();
        if (first == 0) {
            throw new IOException("it received nothing");
        }
        return new Times(end - first, end - from);
    }

    /**
     * Writes entries of random content as the leader, waits until all are committed, and answers what was written: nothing when
     * it ceased to lead meanwhile, so that nobody knows how many are in the log.
     */
    @SuppressWarnings("FutureReturnValueIgnored") // what it completes with is looked at, and it does not throw
    Optional<AppliedEntries.Digest> write(long entries, long seed) throws IOException {
        long term = division().getInfo().getCurrentTerm();
        SplittableRandom random = new SplittableRandom(seed);
        CRC32C crc = new CRC32C();
        ClientId client = ClientId.randomId();
        RaftClientAsynchronousProtocol leader = (RaftClientAsynchronousProtocol) division();
        int most = Math.max(1, Math.min(WRITES_IN_FLIGHT, BYTES_IN_FLIGHT / entryBytes));
        Semaphore inFlight = new Semaphore(most);
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        try {
            for (long each = 0; each < entries && failure.get() == null; each++) {
                byte[] data = new byte[entryBytes];
                random.nextBytes(data);
                crc.update(data);
                inFlight.acquire();
                write(leader, client, each, data).whenComplete((reply, thrown) -> {
                    if (thrown != null || !reply.isSuccess()) {
                        failure.compareAndSet(null, thrown != null ? thrown : reply.getException());
                    }
                    inFlight.release();
                });
            }
            inFlight.acquire(most);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while writing");
        }
        if (!leads() || division().getInfo().getCurrentTerm() != term) {
            return Optional.empty();
        }
        if (failure.get() != null) {
            throw new IOException("an entry could not be written: " + failure.get(), failure.get());
        }
        return Optional.of(new AppliedEntries.Digest(entries, crc.getValue()));
    }

    /**
     * Called one after the other they are appended in that order: the division takes one before the call returns. Through the
     * server each would go through another thread besides.
     */
    private CompletableFuture<RaftClientReply> write(
            RaftClientAsynchronousProtocol leader, ClientId client, long call, byte[] data) throws IOException {
        return leader.submitClientRequestAsync(RaftClientRequest.newBuilder()
                .setClientId(client)
                .setServerId(id)
                .setGroupId(group.getGroupId())
                .setCallId(call)
                .setMessage(Message.valueOf(UnsafeByteOperations.unsafeWrap(data)))
                .setType(RaftClientRequest.writeRequestType())
                .build());
    }
}
