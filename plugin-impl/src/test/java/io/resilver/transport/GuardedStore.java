package io.resilver.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.replica.AdapterTraits;
import io.resilver.replica.ManualRuntime;
import io.resilver.replica.MemoryVolume;
import io.resilver.replica.RecordedEvents;
import io.resilver.replica.ReplicaServer;
import io.resilver.replica.link.RangeKey;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.RequestHandler;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import io.resilver.spi.storage.Capability;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** A store with some committed entries behind the driver's own server, and what a primary in office asks of it. */
final class GuardedStore implements RequestHandler {
    /** Of the primary in office, and of one that was before it. */
    static final Token OFFICE = token(5);

    static final Token DEPOSED = token(4);

    private static final long COMMITTED = 20;
    private static final EntryId[] KEPT = {new EntryId(10, 1), new EntryId(COMMITTED, 1)};
    private static final EntryId[] ALL = {KEPT[0], KEPT[1], new EntryId(30, 1)};

    private final ReplicaId replica;
    private final ManualRuntime runtime = new ManualRuntime();
    private final MemoryVolume volume = new MemoryVolume();
    private final ReplicaServer server;

    GuardedStore(ReplicaId replica) throws RecoveryException {
        this.replica = replica;
        volume.append(batch(0, 10, COMMITTED, 30));
        volume.flush();
        volume.committed(COMMITTED);
        volume.promise(OFFICE.epoch());
        server = new ReplicaServer(
                runtime,
                new RecordedEvents(),
                new AdapterTraits("memory", Set.of(Capability.SAME_IMAGE, Capability.TRUNCATE)));
        server.add(volume.store(replica), OFFICE.incarnation()).open(Optional.of(OFFICE.epoch()));
        runtime.runAll();
    }

    @Override
    public CompletionStage<Void> handle(Request request, ResponseSink back) {
        CompletionStage<Void> taken = server.handle(request, back);
        runtime.runAll();
        return taken;
    }

    @Override
    public void lost(ReplicaId which, HostId from) {
        server.lost(which, from);
        runtime.runAll();
    }

    @Override
    public void left(ReplicaId which, HostId from) {
        server.left(which, from);
        runtime.runAll();
    }

    /** Whatever a primary in office asked: what was committed is there, no promise is taken back, and nothing is held. */
    void isSound() throws RecoveryException {
        assertThat(volume.promise().orElseThrow().number())
                .isGreaterThanOrEqualTo(OFFICE.epoch().number());
        assertThat(volume.position().usable()).isTrue();
        assertThat(volume.position().committedLsn().orElseThrow()).isGreaterThanOrEqualTo(COMMITTED);
        assertThat(volume.durableLog()).startsWith(KEPT);
        assertThat(volume.pins).as("R12").isZero();
    }

    /** Whatever a deposed one asked: all is as it was. */
    void isUntouched() throws RecoveryException {
        isSound();
        assertThat(volume.log()).containsExactly(ALL);
        assertThat(volume.durableLog()).containsExactly(ALL);
        assertThat(volume.position().committedLsn()).hasValue(COMMITTED);
        assertThat(volume.calls).noneMatch(each -> each.startsWith("beginInstall"));
    }

    /** Whether something that it was asked has changed it. */
    boolean isChanged() {
        return !volume.durableLog().equals(List.of(ALL));
    }

    /** What a primary asks, in its order, with the fence before it; numbers in it are often not what they should be. */
    List<Request> conversation(Token token, Random random) {
        List<Request> all = new ArrayList<>();
        all.add(new Request.Fence(replica, token));
        long sequence = 1;
        long head = 30;
        if (random.nextInt(3) == 0) {
            head = COMMITTED;
            all.add(new Request.Truncate(replica, token, near(random, sequence++), near(random, head)));
        }
        for (int more = random.nextInt(4); more > 0; more--) {
            long previous = near(random, head) & 0xff;
            OptionalLong committed = random.nextBoolean() ? OptionalLong.of(near(random, head)) : OptionalLong.empty();
            EntryBatch batch = batch(previous, previous + 1, previous + 10);
            all.add(new Request.Append(replica, token, near(random, sequence++), batch, committed));
            head += 10;
        }
        if (random.nextInt(3) == 0) {
            BaseDescriptor base = base(Math.max(0, near(random, head)));
            all.add(new Request.BaseBegin(replica, token, near(random, sequence++), base, RangeKey.draw(random)));
            all.add(new Request.BaseRange(
                    replica, token, near(random, sequence++), near(random, 1), ByteBuffer.allocate(64)));
            all.add(new Request.BaseCommit(replica, token, near(random, sequence), ByteBuffer.allocate(32)));
        } else {
            long asked = near(random, head);
            List<Supplier<Request>> questions = List.of(
                    () -> new Request.Ask(replica, token, 1),
                    () -> new Request.DigestLog(replica, token, 2, near(random, 10), asked, 10, 100),
                    () -> new Request.DigestImage(replica, token, 3, asked, near(random, 0), 100));
            all.add(questions.get(random.nextInt(questions.size())).get());
        }
        return all;
    }

    /** Mostly the number that belongs there. */
    private static long near(Random random, long right) {
        long[] wrong = {right - 1, right + 1, right - 10, right + 10, 0, -1, Long.MAX_VALUE, Long.MIN_VALUE};
        return random.nextInt(6) == 0 ? wrong[random.nextInt(wrong.length)] : right;
    }

    private BaseDescriptor base(long lsn) {
        return new BaseDescriptor(lsn, volume.lineage(), 256, 64);
    }

    private static EntryBatch batch(long previous, long... lsns) {
        List<LogEntry> entries = new ArrayList<>();
        for (long lsn : lsns) {
            entries.add(new LogEntry(lsn, 1, ByteBuffer.allocate(3)));
        }
        return new EntryBatch(
                previous == 0 ? EntryId.NONE : new EntryId(previous, 1),
                entries,
                List.of(new LineageElement(1, Optional.empty(), 1)));
    }

    private static Token token(long epoch) {
        return new Token(new Incarnation("inc"), new Epoch(epoch, new MintId("m" + epoch)), 1);
    }
}
