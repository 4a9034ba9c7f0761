package io.resilver.transport.codec;

import io.resilver.replica.link.RangeKey;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.error.BudgetExceededException;
import io.resilver.spi.error.CancelledException;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.error.TruncationUnsafeException;
import io.resilver.spi.error.UntrustedException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.Token;
import io.resilver.spi.model.VolumeId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.Supplier;

/** Any message, from a seeded source of randomness. */
public final class Messages {
    public static final ReplicaId REPLICA = new ReplicaId(new VolumeId("vol"), "r1");

    private final Random random;

    public Messages(long seed) {
        random = new Random(seed);
    }

    public Request request() {
        List<Supplier<Request>> kinds = List.of(
                () -> new Request.Fence(REPLICA, token()),
                () -> new Request.Ask(REPLICA, token(), any()),
                () -> new Request.DigestImage(REPLICA, token(), any(), any(), any(), (int) any()),
                () -> new Request.DigestLog(REPLICA, token(), any(), any(), any(), any(), any()),
                () -> new Request.Truncate(REPLICA, token(), any(), any()),
                () -> new Request.Append(REPLICA, token(), any(), batch(), optionalLong()),
                () -> new Request.BaseBegin(REPLICA, token(), any(), base(), RangeKey.draw(random)),
                () -> new Request.BaseRange(REPLICA, token(), any(), any(), bytes(2000)),
                () -> new Request.BaseOffer(REPLICA, token(), any(), any(), digest()),
                () -> new Request.BaseCommit(REPLICA, token(), any(), bytes(40)));
        return oneOf(kinds);
    }

    Response response() {
        List<Supplier<Response>> kinds = List.of(
                () -> new Response.Fenced(
                        REPLICA, token(), id(), new StoreIdentity(new StoreId(id()), count()), position()),
                () -> new Response.Refused(REPLICA, token(), any(), mint()),
                () -> new Response.Answered(REPLICA, token(), any()),
                () -> new Response.LogDigest(REPLICA, token(), any(), any(), digest()),
                () -> new Response.ImageDigest(REPLICA, token(), any(), digest()),
                () -> new Response.NotDigested(REPLICA, token(), any(), error()),
                () -> new Response.Truncated(REPLICA, token(), any(), any()),
                () -> new Response.Durable(REPLICA, token(), any(), any()),
                () -> new Response.BaseReady(REPLICA, token(), any(), bits()),
                () -> new Response.BaseCandidates(REPLICA, token(), any(), any()),
                () -> new Response.BaseWanted(REPLICA, token(), any(), any(), bits()),
                () -> new Response.BaseDurable(REPLICA, token(), any(), any()),
                () -> new Response.Installed(REPLICA, token(), any(), any()),
                () -> new Response.Failed(REPLICA, token(), any(), error()));
        return oneOf(kinds);
    }

    RecoveryException error() {
        List<Supplier<RecoveryException>> kinds = List.of(
                () -> new LogTrimmedException(text(), any()),
                () -> new TruncationUnsafeException(text(), any()),
                () -> new CorruptException(text(), text(), any()),
                () -> new FencedException(text(), any()),
                () -> new ResourceExhaustedException(text(), text()),
                () -> new BudgetExceededException(text(), budget()),
                () -> new CancelledException(text()),
                () -> new RetriableException(text(), Duration.ofNanos(count())),
                () -> new PermanentException(text()),
                () -> new UntrustedException(text()));
        return oneOf(kinds);
    }

    private BudgetExceededException.Budget budget() {
        var all = BudgetExceededException.Budget.values();
        return all[random.nextInt(all.length)];
    }

    private <T> T oneOf(List<Supplier<T>> kinds) {
        return kinds.get(random.nextInt(kinds.size())).get();
    }

    private Token token() {
        return new Token(new Incarnation(id()), new Epoch(1 + count() / 2, new MintId(id())), count());
    }

    private long any() {
        return random.nextInt(3) == 0 ? random.nextInt(3) - 1 : random.nextLong();
    }

    private long count() {
        return random.nextLong() & Long.MAX_VALUE;
    }

    private String id() {
        StringBuilder id = new StringBuilder("i");
        int length = random.nextInt(10) == 0 ? 127 : random.nextInt(20);
        for (int i = 0; i < length; i++) {
            id.append("az09AZ._-".charAt(random.nextInt(9)));
        }
        return id.toString();
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(40); i > 0; i--) {
            text.append("a (é漢 at byte".charAt(random.nextInt(13)));
        }
        return text.toString();
    }

    private Optional<MintId> mint() {
        return random.nextBoolean() ? Optional.of(new MintId(id())) : Optional.empty();
    }

    private OptionalLong optionalLong() {
        return random.nextBoolean() ? OptionalLong.of(any()) : OptionalLong.empty();
    }

    private Lineage lineage() {
        List<LineageElement> elements = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            elements.add(new LineageElement(1 + count() / 2, mint(), 1 + count() / 2));
        }
        return new Lineage(elements);
    }

    private ReplicaPosition position() {
        Optional<Lineage> lineage = random.nextBoolean() ? Optional.of(lineage()) : Optional.empty();
        return new ReplicaPosition(any(), any(), optionalLong(), random.nextBoolean(), lineage);
    }

    private BaseDescriptor base() {
        return new BaseDescriptor(count(), lineage(), count(), 1 + random.nextInt(1 << 20));
    }

    private ByteBuffer bytes(int most) {
        byte[] bytes = new byte[random.nextInt(most)];
        random.nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }

    private ByteBuffer digest() {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }

    private BitSet bits() {
        BitSet bits = new BitSet();
        for (int i = random.nextInt(50); i > 0; i--) {
            bits.set(random.nextInt(500));
        }
        return bits;
    }

    private EntryBatch batch() {
        long epoch = 1L + random.nextInt(5);
        long lsn = random.nextInt(100);
        EntryId previous = lsn == 0 ? EntryId.NONE : new EntryId(lsn, epoch);
        List<LineageElement> writers = new ArrayList<>();
        List<LogEntry> entries = new ArrayList<>();
        for (int i = random.nextInt(20); i > 0; i--) {
            if (writers.isEmpty() || random.nextInt(4) == 0) {
                epoch += random.nextInt(1, 3);
                writers.add(new LineageElement(epoch, mint(), lsn + 1));
            }
            lsn += random.nextInt(1, 9);
            entries.add(new LogEntry(lsn, epoch, bytes(300)));
        }
        return new EntryBatch(previous, entries, writers);
    }
}
