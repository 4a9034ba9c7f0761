package io.resilver.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.Capability;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A store digests a range of its log, or of its image, for the primary in office, and for nobody else. */
class DigestsTest {
    private static final ReplicaId REPLICA = new ReplicaId(new VolumeId("vol"), "r");
    private static final Incarnation INCARNATION = new Incarnation("inc");

    private final ManualRuntime runtime = new ManualRuntime();
    private final HangingIo io = new HangingIo(runtime);
    private final ReplicaServer server =
            new ReplicaServer(io, new RecordedEvents(), new AdapterTraits("memory", Set.of(Capability.SAME_IMAGE)));
    private final MemoryVolume volume = new MemoryVolume();
    private final List<Response> answers = new ArrayList<>();

    @BeforeEach
    void open() throws RecoveryException {
        volume.append(batch(0, 10, 20, 30, 40));
        volume.flush();
        ReplicaTarget target = server.add(volume.store(REPLICA), INCARNATION);
        target.open(Optional.empty());
        runtime.runAll();
        handle(new Request.Fence(REPLICA, token(2)));
        runtime.runAll();
        answers.clear();
    }

    @Test
    @DisplayName("R22, R34: a digest that hangs holds up no fence, however long")
    void aDigestThatHangs() {
        volume.hook = call -> io.block();
        io.hang();
        ask(1, 10, 30, 2, 6);
        assertThat(io.out()).isEqualTo(1);
        io.goOn();
        runtime.advance(Duration.ofMinutes(1));
        handle(new Request.Fence(REPLICA, token(3)));
        runtime.runAll();
        assertThat(answers).last().isInstanceOf(Response.Fenced.class);
        io.comeBack();
        runtime.runAll();
    }

    @Test
    @DisplayName("R7: the digest is over the entries of the range, whatever else the log holds, and no pin stays")
    void digest() throws RecoveryException {
        ask(1, 10, 30, 2, 6);
        LogDigest expected = new LogDigest(10);
        expected.add(batch(10, 20, 30), 2);
        assertThat(answers).containsExactly(new Response.LogDigest(REPLICA, token(2), 1, 2, expected.value()));
        assertThat(volume.pins).as("R12").isZero();
    }

    @Test
    @DisplayName("R7: previous LSN, LSN, epoch, length and payload all count")
    void everythingCounts() {
        List<ByteBuffer> digests = new ArrayList<>();
        digests.add(of(new EntryId(10, 1), new LogEntry(20, 1, bytes(1, 2))));
        digests.add(of(new EntryId(11, 1), new LogEntry(20, 1, bytes(1, 2))));
        digests.add(of(new EntryId(10, 1), new LogEntry(21, 1, bytes(1, 2))));
        digests.add(of(new EntryId(10, 1), new LogEntry(20, 2, bytes(1, 2))));
        digests.add(of(new EntryId(10, 1), new LogEntry(20, 1, bytes(1, 3))));
        digests.add(of(new EntryId(10, 1), new LogEntry(20, 1, bytes(1, 2, 0))));
        digests.add(of(new EntryId(10, 1), new LogEntry(20, 1, bytes(1)), new LogEntry(30, 1, bytes(2))));
        digests.add(of(new EntryId(10, 1), new LogEntry(20, 1, bytes(1, 2)), new LogEntry(30, 1, bytes())));
        assertThat(digests).doesNotHaveDuplicates().allMatch(each -> each.remaining() == LogDigest.BYTES);
    }

    @Test
    @DisplayName("R2: a token that is not in office is refused, and nothing is read for it")
    void anotherTokenIsRefused() {
        handle(new Request.Fence(REPLICA, token(3)));
        runtime.runAll();
        answers.clear();
        volume.calls.clear();
        ask(1, 10, 30, 2, 6);
        assertThat(answers).singleElement().isInstanceOf(Response.Refused.class);
        assertThat(volume.calls).isEmpty();
    }

    @Test
    @DisplayName("R54: one range at a time, of a bounded size, that is a range")
    void bounded() {
        handle(new Request.DigestLog(REPLICA, token(2), 1, 10, 30, 2, 6));
        handle(new Request.DigestLog(REPLICA, token(2), 2, 10, 30, 2, 6));
        runtime.runAll();
        assertThat(cause(2)).isInstanceOf(RetriableException.class).hasMessageContaining("one at a time");
        volume.calls.clear();
        ask(3, 10, 30, Digests.MOST_ENTRIES + 1, 6);
        ask(4, 10, 30, 2, Digests.MOST_BYTES + 1);
        ask(5, 10, 30, -1, 6);
        ask(6, 30, 30, 2, 6);
        ask(7, -1, 30, 2, 6);
        ask(8, Long.MAX_VALUE, Long.MIN_VALUE, 2, 6);
        assertThat(List.of(cause(3), cause(4), cause(5))).hasOnlyElementsOfType(ResourceExhaustedException.class);
        assertThat(List.of(cause(6), cause(7), cause(8))).hasOnlyElementsOfType(PermanentException.class);
        assertThat(volume.calls).isEmpty();
        assertThat(answers).hasSize(8);
    }

    @Test
    @DisplayName("R54: a log that has more than the primary read of its own is read no further")
    void readsNoFurther() {
        ask(1, 0, 40, 1, 3);
        Response.LogDigest answer = (Response.LogDigest) answers.get(0);
        assertThat(answer.entries()).isEqualTo(2);
    }

    @Test
    @DisplayName("R54: nor is one that has larger entries")
    void readsNoLargerOnes() throws RecoveryException {
        List<LogEntry> large = new ArrayList<>();
        for (long lsn = 50; lsn < 60; lsn++) {
            large.add(new LogEntry(lsn, 1, ByteBuffer.allocate(1 << 20)));
        }
        volume.append(new EntryBatch(new EntryId(40, 1), large, List.of(new LineageElement(1, Optional.empty(), 1))));
        volume.flush();
        volume.calls.clear();
        ask(1, 40, 59, 10, 2 << 20);
        assertThat(volume.calls).containsExactly("pinLog 40", "read after 40", "read after 50", "read after 51");
    }

    @Test
    @DisplayName("what cannot be read is named, and the session goes on")
    void namedCauses() throws RecoveryException {
        volume.trim(10);
        ask(1, 0, 30, 3, 9);
        assertThat(((LogTrimmedException) cause(1)).oldestLsn()).isEqualTo(10);
        volume.hook = call -> {
            if (call.startsWith("read after")) {
                throw new CorruptException("not what was written", "log/1", 99);
            }
        };
        ask(2, 10, 30, 2, 6);
        assertThat(((CorruptException) cause(2)).offset()).isEqualTo(99);
        volume.hook = call -> {};
        assertThat(volume.pins).as("R12").isZero();
        handle(new Request.Append(REPLICA, token(2), 1, batch(40, 50), OptionalLong.empty()));
        runtime.runAll();
        assertThat(volume.durableLog()).last().isEqualTo(new EntryId(50, 1));
    }

    @Test
    @DisplayName("R21: an append does not wait for a range that is being digested")
    void anAppendDoesNotWait() {
        boolean[] appended = {false};
        volume.hook = call -> {
            if (call.startsWith("read after 10")) {
                handle(new Request.Append(REPLICA, token(2), 1, batch(40, 50), OptionalLong.empty()));
                runtime.runWorkers();
                runtime.runOneIo(); // it is appended
                runtime.runWorkers();
                runtime.runOneIo(); // and made durable
                runtime.runWorkers();
                appended[0] = answers.stream().anyMatch(Response.Durable.class::isInstance);
            }
        };
        ask(1, 10, 30, 2, 6);
        assertThat(appended[0]).isTrue();
    }

    @Test
    @DisplayName("R12: a store that is let go of is touched no more, also by a digest")
    void closeWaits() {
        List<CompletionStage<Void>> closing = new ArrayList<>();
        boolean[] closedMeanwhile = {true};
        volume.hook = call -> {
            if (call.startsWith("read after 10")) {
                closing.add(server.remove(REPLICA));
                runtime.runWorkers();
                while (runtime.runOneIo()) {
                    runtime.runWorkers();
                }
                closedMeanwhile[0] = closing.get(0).toCompletableFuture().isDone();
            }
        };
        ask(1, 10, 30, 2, 6);
        assertThat(closedMeanwhile[0]).isFalse();
        assertThat(closing.get(0).toCompletableFuture()).isCompleted();
    }

    @Test
    @DisplayName(
            "R7: an image is frozen once all that came before is done, at exactly the LSN asked about, and no pin stays")
    void image() throws RecoveryException {
        handle(new Request.Append(REPLICA, token(2), 1, batch(40, 50), OptionalLong.empty()));
        handle(new Request.Append(REPLICA, token(2), 2, batch(50), OptionalLong.of(50)));
        handle(new Request.DigestImage(REPLICA, token(2), 7, 50, 100, 200));
        runtime.runAll();
        ByteBuffer expected;
        try (BasePin pin = volume.store(REPLICA).source().pinFullBase(50)) {
            expected = ImageDigest.of(pin, 100, 200).value();
        }
        assertThat(answers).contains(new Response.ImageDigest(REPLICA, token(2), 7, expected));
        assertThat(volume.pins).as("R12").isZero();
    }

    @Test
    @DisplayName("R7: an image that is before the LSN asked about, or beyond it, is not digested")
    void imageElsewhere() {
        handle(new Request.Append(REPLICA, token(2), 1, batch(40, 50), OptionalLong.of(30)));
        handle(new Request.DigestImage(REPLICA, token(2), 7, 40, 0, 200));
        runtime.runAll();
        handle(new Request.DigestImage(REPLICA, token(2), 8, 20, 0, 200));
        runtime.runAll();
        assertThat(cause(7)).isInstanceOf(RetriableException.class);
        assertThat(cause(8)).isInstanceOf(RetriableException.class).hasMessageContaining("30");
        assertThat(volume.pins).as("R12").isZero();
    }

    @Test
    @DisplayName("R7: LSN, length, offset and bytes of an image all count")
    void everythingOfAnImageCounts() throws RecoveryException {
        List<ByteBuffer> digests = new ArrayList<>();
        volume.committed(30);
        try (BasePin pin = volume.store(REPLICA).source().pinFullBase(0)) {
            digests.add(ImageDigest.of(pin, 0, 100).value());
            digests.add(ImageDigest.of(pin, 256, 100).value()); // the same bytes
            digests.add(ImageDigest.of(pin, 0, 99).value());
            volume.rottenAt = 7;
            digests.add(ImageDigest.of(pin, 0, 100).value());
            assertThat(ImageDigest.of(pin, 450, 100).bytes())
                    .as("as far as it goes")
                    .isEqualTo(49);
            assertThat(ImageDigest.of(pin, 600, 100).bytes()).isZero();
        }
        assertThat(digests).doesNotHaveDuplicates().allMatch(each -> each.remaining() == LogDigest.BYTES);
    }

    @Test
    @DisplayName("R54: a part of an image is bounded, and one question at a time about log and image together")
    void boundedImage() {
        handle(new Request.DigestLog(REPLICA, token(2), 1, 10, 30, 2, 6));
        handle(new Request.DigestImage(REPLICA, token(2), 2, 0, 0, 200));
        runtime.runAll();
        assertThat(cause(2)).isInstanceOf(RetriableException.class).hasMessageContaining("one at a time");
        volume.calls.clear();
        handle(new Request.DigestImage(REPLICA, token(2), 3, 0, 0, Digests.MOST_IMAGE_BYTES + 1));
        handle(new Request.DigestImage(REPLICA, token(2), 4, -1, 0, 200));
        handle(new Request.DigestImage(REPLICA, token(2), 5, 0, -1, 200));
        handle(new Request.DigestImage(REPLICA, token(2), 6, 0, 0, -1));
        runtime.runAll();
        assertThat(cause(3)).isInstanceOf(ResourceExhaustedException.class);
        assertThat(List.of(cause(4), cause(5), cause(6))).hasOnlyElementsOfType(PermanentException.class);
        assertThat(volume.calls).isEmpty();
    }

    @Test
    @DisplayName("an engine that does not declare that images are the same is not asked for one")
    void noSameImage() {
        ReplicaServer other = new ReplicaServer(runtime, new RecordedEvents(), new AdapterTraits("memory", Set.of()));
        other.add(volume.store(REPLICA), INCARNATION).open(Optional.empty());
        runtime.runAll();
        other.handle(new Request.Fence(REPLICA, token(2)), answers::add);
        runtime.runAll();
        volume.calls.clear();
        other.handle(new Request.DigestImage(REPLICA, token(2), 3, 0, 0, 200), answers::add);
        runtime.runAll();
        assertThat(cause(3)).isInstanceOf(PermanentException.class).hasMessageContaining("SAME_IMAGE");
        assertThat(volume.calls).isEmpty();
    }

    @Test
    @DisplayName(
            "R2: who opens a store for another term while an image waits its turn gets its answer, and no pin stays")
    void fencedMeanwhile() {
        handle(new Request.Append(REPLICA, token(2), 1, batch(40, 50), OptionalLong.of(40)));
        handle(new Request.DigestImage(REPLICA, token(2), 7, 40, 0, 200));
        handle(new Request.Fence(REPLICA, token(3)));
        runtime.runAll();
        assertThat(answers).anyMatch(Response.Fenced.class::isInstance);
        assertThat(volume.pins).as("R12").isZero();
    }

    private static ByteBuffer of(EntryId previous, LogEntry... entries) {
        LogDigest digest = new LogDigest(previous.lsn());
        digest.add(
                new EntryBatch(
                        previous,
                        List.of(entries),
                        List.of(
                                new LineageElement(1, Optional.empty(), 1),
                                new LineageElement(2, Optional.empty(), previous.lsn() + 1))),
                entries.length);
        return digest.value();
    }

    private static ByteBuffer bytes(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length);
        for (int value : values) {
            bytes.put((byte) value);
        }
        return bytes.flip();
    }

    private RecoveryException cause(long question) {
        return answers.stream()
                .filter(Response.NotDigested.class::isInstance)
                .map(Response.NotDigested.class::cast)
                .filter(each -> each.question() == question)
                .map(Response.NotDigested::cause)
                .findAny()
                .orElseThrow();
    }

    private void ask(long question, long after, long upTo, long entries, long bytes) {
        handle(new Request.DigestLog(REPLICA, token(2), question, after, upTo, entries, bytes));
        runtime.runAll();
    }

    private void handle(Request request) {
        server.handle(request, answers::add);
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
        return new Token(INCARNATION, new Epoch(epoch, new MintId("m" + epoch)), 1);
    }
}
