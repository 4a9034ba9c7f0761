package io.resilver.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.engine.EpochLimit;
import io.resilver.replica.link.RangeKey;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.driver.Admission;
import io.resilver.spi.driver.Fenced;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.ResourceExhaustedException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.error.TruncationUnsafeException;
import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.Lineage;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.LogEntry;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.storage.Capability;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a store does with what senders say, one step at a time. */
class ReplicaTargetTest {
    private static final ReplicaId REPLICA = new ReplicaId(new VolumeId("vol"), "r");
    private static final Incarnation INCARNATION = new Incarnation("inc");
    private static final int RANGE = 100;
    private static final RangeKey KEY = new RangeKey(11, 12);

    private final ManualRuntime runtime = new ManualRuntime();
    private final RecordedEvents events = new RecordedEvents();
    private final ReplicaServer server =
            new ReplicaServer(runtime, events, new AdapterTraits("memory", Set.of(Capability.TRUNCATE)));
    private final MemoryVolume volume = new MemoryVolume();
    private final List<Response> answers = new ArrayList<>();
    private ReplicaTarget target;

    @BeforeEach
    void open() {
        target = server.add(volume.store(REPLICA), INCARNATION);
        target.open(Optional.of(epoch(1)));
        runtime.runAll();
        volume.calls.clear();
        events.raised.clear();
    }

    @Test
    void anUnknownReplicaIsRetriable() {
        ReplicaId other = new ReplicaId(new VolumeId("vol"), "other");
        server.handle(new Request.Fence(other, token(2, 1)), answers::add);
        assertThat(failure()).isInstanceOf(RetriableException.class).hasMessageContaining("vol/other");
    }

    @Test
    @DisplayName("R36: a store answers no fence before it has promised the epoch that was read from the record")
    void aStoreBeginsShut() {
        MemoryVolume fresh = new MemoryVolume();
        ReplicaId replica = new ReplicaId(new VolumeId("vol"), "fresh");
        ReplicaTarget shut = server.add(fresh.store(replica), INCARNATION);
        server.handle(new Request.Fence(replica, token(5, 1)), answers::add);
        runtime.runAll();
        assertThat(failure()).isInstanceOf(RetriableException.class).hasMessageContaining("is not open");
        assertThat(fresh.calls).isEmpty();
        CompletionStage<Optional<Epoch>> opened = shut.open(Optional.of(epoch(6)));
        runtime.runAll();
        assertThat(opened).isCompletedWithValue(Optional.of(epoch(6)));
        assertThat(fresh.calls).containsExactly("promise 6");
        server.handle(new Request.Fence(replica, token(5, 1)), answers::add);
        runtime.runAll();
        assertThat(last(Response.Refused.class).promisedEpoch()).isEqualTo(6);
    }

    @Test
    @DisplayName(
            "R42: a store that promised another term of the number read stays shut, and opens with a higher one, once")
    void aConflictKeepsItShut() throws Exception {
        MemoryVolume disk = new MemoryVolume();
        disk.promise(epoch(7));
        ReplicaTarget shut = server.add(disk.store(new ReplicaId(new VolumeId("vol"), "fresh")), INCARNATION);
        CompletionStage<Optional<Epoch>> conflict = shut.open(Optional.of(new Epoch(7, new MintId("other"))));
        runtime.runAll();
        assertThat(conflict).isCompletedExceptionally();
        assertThat(shut.gate().wasOpened()).isFalse();
        CompletionStage<Optional<Epoch>> higher = shut.open(Optional.of(epoch(8)));
        CompletionStage<Optional<Epoch>> late = shut.open(Optional.of(epoch(9)));
        runtime.runAll();
        assertThat(higher).isCompletedWithValue(Optional.of(epoch(8)));
        assertThat(late).isCompletedWithValue(Optional.of(epoch(8)));
        assertThat(disk.promise()).contains(epoch(8));
    }

    @Test
    @DisplayName("R42: a primary of the other term is told why a store stays shut, so that it goes above both")
    void whoCausesAConflictIsTold() throws Exception {
        MemoryVolume disk = new MemoryVolume();
        disk.promise(epoch(7));
        ReplicaId replica = new ReplicaId(new VolumeId("vol"), "fresh");
        ReplicaTarget shut = server.add(disk.store(replica), INCARNATION);
        Token other = new Token(INCARNATION, new Epoch(7, new MintId("other")), 1);
        server.handle(new Request.Fence(replica, other), answers::add);
        runtime.runAll();
        assertThat(last(Response.Failed.class).cause())
                .as("nothing is read yet")
                .isInstanceOf(RetriableException.class);
        shut.open(Optional.of(other.epoch()));
        runtime.runAll();
        server.handle(new Request.Fence(replica, other), answers::add);
        runtime.runAll();
        assertThat(last(Response.Refused.class).promisedEpoch()).isEqualTo(7);
        assertThat(last(Response.Refused.class).promisedMint()).contains(epoch(7).mint());
        assertThat(disk.promise()).contains(epoch(7));
    }

    @Test
    @DisplayName("R3, R42: at open a higher own promise stays, and another mint of the same number is a conflict")
    void openKeepsWhatWasPromised() throws RecoveryException {
        MemoryVolume used = new MemoryVolume();
        used.promise(epoch(9));
        ReplicaTarget higher = server.add(used.store(new ReplicaId(new VolumeId("vol"), "a")), INCARNATION);
        CompletionStage<Optional<Epoch>> opened = higher.open(Optional.of(epoch(4)));
        ReplicaTarget conflict = server.add(used.store(new ReplicaId(new VolumeId("vol"), "b")), INCARNATION);
        CompletionStage<Optional<Epoch>> failed = conflict.open(Optional.of(new Epoch(9, new MintId("x"))));
        runtime.runAll();
        assertThat(opened).isCompletedWithValue(Optional.of(epoch(9)));
        assertThat(failed).isCompletedExceptionally();
        assertThat(events.conflicts).containsExactly(new Epoch(9, new MintId("x")));
        assertThat(conflict.gate().closeBelow(token(10, 1)).standing()).isEqualTo(FencingGate.Standing.SHUT);
    }

    @Test
    @DisplayName("R2, R34: a fence promises durably, then reads where the store stands, then answers")
    void aFencePromisesBeforeItReads() {
        send(new Request.Fence(REPLICA, token(2, 1)));
        assertThat(volume.calls).containsExactly("promise 2", "flush", "position", "identity");
        assertThat(last(Response.Fenced.class).token()).isEqualTo(token(2, 1));
        assertThat(events.raised).containsExactly(epoch(2));
        send(new Request.Fence(REPLICA, token(2, 2)));
        assertThat(last(Response.Fenced.class).token()).isEqualTo(token(2, 2));
        assertThat(events.raised).as("raised once").containsExactly(epoch(2));
    }

    @Test
    @DisplayName("R2: a promise that could not be made durable is no answer, and nobody may enter")
    void aFailedPromiseAdmitsNobody() {
        volume.hook = failing("promise 2", new ResourceExhaustedException("full", "disk"));
        send(new Request.Fence(REPLICA, token(2, 1)));
        assertThat(failure()).isInstanceOf(ResourceExhaustedException.class);
        volume.hook = call -> {};
        send(append(token(2, 1), 1, 0, 10));
        assertThat(volume.log()).isEmpty();
        assertThat(last(Response.Refused.class).promisedEpoch()).isEqualTo(2);
    }

    @Test
    @DisplayName("R2, R34: a fence waits for the append that is under way, and its answer counts it")
    void aFenceWaitsForAnAppendUnderWay() {
        fence(token(2, 1));
        volume.hook = call -> {
            if (call.startsWith("append")) {
                handle(new Request.Fence(REPLICA, token(3, 1)));
                runtime.runWorkers();
                assertThat(last(Response.Refused.class).token()).isEqualTo(token(2, 1));
                assertThat(volume.calls).doesNotContain("promise 3");
            }
        };
        send(append(token(2, 1), 1, 0, 10));
        assertThat(volume.calls).containsSubsequence("append 10", "promise 3", "flush", "position");
        assertThat(last(Response.Fenced.class).position().flushedLsn()).isEqualTo(10);
        assertThat(answers).as("the old sender hears no more").noneMatch(Response.Durable.class::isInstance);
    }

    @Test
    @DisplayName(
            "R15: an engine that does not declare to undo is asked for no truncation: it says that it can undo nothing")
    void anEngineThatCannotUndoSaysSo() throws RecoveryException {
        for (boolean truncates : List.of(true, false)) {
            ReplicaServer other = new ReplicaServer(
                    runtime, events, new AdapterTraits("memory", truncates ? Set.of(Capability.TRUNCATE) : Set.of()));
            MemoryVolume store = new MemoryVolume();
            ReplicaId replica = new ReplicaId(new VolumeId("vol"), "other");
            other.add(store.store(replica), INCARNATION).open(Optional.of(epoch(1)));
            runtime.runAll();
            store.append(batch(0, 1, 7));
            other.handle(new Request.Fence(replica, token(2, 1)), answers::add);
            runtime.runAll();
            assertThat(last(Response.Fenced.class).position().flushedLsn()).isEqualTo(7);
            assertThat(last(Response.Fenced.class).position().truncationFloorLsn())
                    .isEqualTo(truncates ? 0 : 7);
        }
    }

    @Test
    @DisplayName("R2, R32: a fence waits until the primary's own writer has left, and the writer enters no more")
    void aFenceDeposesTheOwnWriter() throws RecoveryException {
        CompletionStage<Fenced> took = target.fence(token(2, 0));
        runtime.runAll();
        assertThat(took.toCompletableFuture().join().token()).isEqualTo(token(2, 0));
        Admission pass = target.gate().enter(token(2, 0));
        send(new Request.Fence(REPLICA, token(3, 1)));
        assertThat(answers).isEmpty();
        assertThat(volume.calls).doesNotContain("promise 3");
        assertThatThrownBy(() -> target.gate().enter(token(2, 0))).isInstanceOf(FencedException.class);
        volume.append(batch(0, 1, 7));
        volume.flush();
        pass.close();
        runtime.runAll();
        assertThat(last(Response.Fenced.class).position().flushedLsn()).isEqualTo(7);
    }

    @Test
    @DisplayName("R2: a sender that slept through a newer fence wakes up, and its frames change nothing")
    void aSenderThatWakesUpChangesNothing() {
        fence(token(2, 1));
        send(append(token(2, 1), 1, 0, 10));
        fence(token(3, 1));
        List<String> before = List.copyOf(volume.calls);
        send(append(token(2, 1), 2, 10, 20));
        send(new Request.Truncate(REPLICA, token(2, 1), 3, 0));
        send(new Request.BaseBegin(REPLICA, token(2, 1), 4, base(50, 3), KEY));
        send(new Request.Ask(REPLICA, token(2, 1), 1));
        send(new Request.Fence(REPLICA, token(2, 9)));
        assertThat(volume.calls).isEqualTo(before);
        assertThat(answers)
                .endsWith(
                        refused(token(2, 1)),
                        refused(token(2, 1)),
                        refused(token(2, 1)),
                        refused(token(2, 1)),
                        refused(token(2, 9)));
        assertThat(events.refused).hasSize(5);
    }

    @Test
    @DisplayName("R2: what an old session still has in the queue when a fence comes is not done")
    void whatWaitsOfAnOldSessionIsDropped() {
        fence(token(2, 1));
        CompletionStage<Void> first = handle(append(token(2, 1), 1, 0, 10));
        CompletionStage<Void> second = handle(new Request.Truncate(REPLICA, token(2, 1), 2, 0));
        handle(new Request.Fence(REPLICA, token(3, 1)));
        runtime.runWorkers();
        assertThat(second).as("its window is free at once").isCompleted();
        runtime.runAll();
        assertThat(volume.calls).doesNotContain("append 10", "truncateTo 0");
        assertThat(first).isCompleted();
        assertThat(last(Response.Fenced.class).position().flushedLsn()).isZero();
    }

    @Test
    @DisplayName("R2: of two fences that come together the higher one wins, whatever the order")
    void theHigherFenceWins() {
        handle(new Request.Fence(REPLICA, token(2, 1)));
        handle(new Request.Fence(REPLICA, token(4, 1)));
        handle(new Request.Fence(REPLICA, token(3, 1)));
        runtime.runAll();
        assertThat(answers).filteredOn(Response.Fenced.class::isInstance).hasSize(1);
        assertThat(last(Response.Fenced.class).token()).isEqualTo(token(4, 1));
        assertThat(target.gate().isCurrent(token(4, 1))).isTrue();
        assertThat(volume.calls).doesNotContain("promise 2", "promise 3");
    }

    @Test
    @DisplayName(
            "R1, R5: a higher session of the same epoch replaces the older one; the same one is never opened twice")
    void aSessionIsOpenedOnce() {
        fence(token(2, 1));
        fence(token(2, 2));
        send(append(token(2, 1), 1, 0, 10));
        assertThat(volume.log()).isEmpty();
        send(append(token(2, 2), 1, 0, 10));
        assertThat(last(Response.Durable.class).durableLsn()).isEqualTo(10);
        send(new Request.Fence(REPLICA, token(2, 2)));
        assertThat(failure()).isInstanceOf(RetriableException.class).hasMessageContaining("open a new one");
        send(append(token(2, 2), 1, 0, 20));
        send(append(token(2, 2), 2, 10, 20));
        assertThat(volume.log()).containsExactly(new EntryId(10, 1));
    }

    @Test
    @DisplayName("R3: the same epoch with another mint is refused with both, and reported")
    void anotherMintIsRefused() {
        fence(token(2, 1));
        Token other = new Token(INCARNATION, new Epoch(2, new MintId("other")), 9);
        send(new Request.Fence(REPLICA, other));
        assertThat(last(Response.Refused.class).promisedMint()).contains(new MintId("m2"));
        send(new Request.Ask(REPLICA, other, 1));
        assertThat(events.conflicts).hasSize(2);
        send(append(token(2, 1), 1, 0, 10));
        assertThat(last(Response.Durable.class).durableLsn()).isEqualTo(10);
    }

    @Test
    void whoHasNotFencedMayNotAsk() {
        send(append(token(2, 1), 1, 0, 10));
        assertThat(failure()).isInstanceOf(PermanentException.class).hasMessageContaining("must be opened by a fence");
        send(new Request.Ask(REPLICA, new Token(new Incarnation("older"), epoch(2), 1), 1));
        assertThat(failure()).hasMessageContaining("does not belong to incarnation older");
        assertThat(volume.calls).isEmpty();
    }

    @Test
    @DisplayName("R2: the own writer's token is good for nothing on the link")
    void theOwnWritersTokenIsRefusedOnTheLink() {
        target.fence(token(2, 0));
        runtime.runAll();
        send(append(token(2, 0), 1, 0, 10));
        assertThat(failure()).isInstanceOf(PermanentException.class).hasMessageContaining("own writer");
        assertThat(volume.log()).isEmpty();
    }

    @Test
    @DisplayName("R50: a request out of sequence ends the session before anything changes")
    void outOfSequenceEndsTheSession() {
        fence(token(2, 1));
        send(append(token(2, 1), 1, 0, 10));
        List<String> before = List.copyOf(volume.calls);
        send(append(token(2, 1), 3, 10, 20));
        assertThat(failure())
                .as("the next session may begin at once")
                .isInstanceOf(RetriableException.class)
                .hasMessageContaining("2 is next");
        send(append(token(2, 1), 2, 10, 20));
        send(append(token(2, 1), 3, 20, 30));
        assertThat(volume.calls).isEqualTo(before);
        send(new Request.Ask(REPLICA, token(2, 1), 1));
        assertThat(last(Response.Refused.class).promisedEpoch()).isEqualTo(2);
    }

    @Test
    @DisplayName("R50: a repeated request ends the session instead of being done twice")
    void aRepeatedRequestEndsTheSession() {
        fence(token(2, 1));
        send(append(token(2, 1), 1, 0, 10));
        send(append(token(2, 1), 2, 10, 20));
        send(new Request.Truncate(REPLICA, token(2, 1), 2, 0));
        assertThat(failure()).hasMessageContaining("3 is next");
        assertThat(volume.durableLog()).hasSize(2);
    }

    @Test
    @DisplayName("R51: a request has left the window before its answer goes out: the sender may use the room at once")
    void anAnswerComesAfterTheWindowIsFree() {
        AtomicReference<CompletionStage<Void>> done = new AtomicReference<>();
        List<Boolean> left = new ArrayList<>();
        server.handle(new Request.Fence(REPLICA, token(2, 1)), answer -> {
            if (answer instanceof Response.Durable) {
                left.add(done.get().toCompletableFuture().isDone());
            }
        });
        runtime.runAll();
        done.set(handle(append(token(2, 1), 1, 0, 10)));
        runtime.runAll();
        assertThat(left).containsExactly(true);
    }

    @Test
    @DisplayName("R51: appends that came while a flush ran share the next one, and the answer names the last")
    void appendsShareAFlush() {
        fence(token(2, 1));
        volume.calls.clear();
        List<CompletionStage<Void>> second = new ArrayList<>();
        volume.hook = call -> {
            if (call.equals("flush")) {
                volume.hook = any -> {};
                second.add(handle(append(token(2, 1), 2, 10, 20)));
                handle(append(token(2, 1), 3, 20, 33));
                runtime.runWorkers();
                assertThat(second.get(0).toCompletableFuture()).isNotDone();
            }
        };
        send(append(token(2, 1), 1, 0, 10));
        assertThat(volume.calls).containsExactly("append 10", "flush", "append 20", "append 33", "flush");
        assertThat(answers.stream().filter(Response.Durable.class::isInstance))
                .containsExactly(
                        new Response.Durable(REPLICA, token(2, 1), 1, 10),
                        new Response.Durable(REPLICA, token(2, 1), 3, 33));
        assertThat(second.get(0)).isCompleted();
    }

    @Test
    @DisplayName("R51: a flush waits for the appends that have come already, and covers them")
    void aFlushWaitsForWhatHasCome() {
        fence(token(2, 1));
        volume.calls.clear();
        volume.hook = call -> {
            if (call.equals("append 10")) {
                handle(append(token(2, 1), 2, 10, 20));
                runtime.runWorkers();
            }
        };
        send(append(token(2, 1), 1, 0, 10));
        assertThat(volume.calls).containsExactly("append 10", "append 20", "flush");
        assertThat(last(Response.Durable.class)).isEqualTo(new Response.Durable(REPLICA, token(2, 1), 2, 20));
    }

    @Test
    @DisplayName("R51, R11: what comes while a flush runs is appended beside it, and the next flush reports it")
    void appendsGoOnBesideAFlush() {
        fence(token(2, 1));
        volume.calls.clear();
        volume.hook = call -> {
            if (call.equals("flush")) {
                volume.hook = any -> {};
                handle(append(token(2, 1), 2, 10, 20));
                runtime.runWorkers();
                runtime.runOneIo();
                runtime.runWorkers();
                assertThat(volume.calls).endsWith("append 20");
                assertThat(answers).noneMatch(Response.Durable.class::isInstance);
            }
        };
        send(append(token(2, 1), 1, 0, 10));
        assertThat(volume.calls).containsExactly("append 10", "flush", "append 20", "flush");
        assertThat(answers.stream()
                        .filter(Response.Durable.class::isInstance)
                        .map(each -> ((Response.Durable) each).covers()))
                .containsExactly(1L, 2L);
    }

    /** An append of a mebibyte at ten times its number, of which all before it is committed. */
    private static Request.Append mebibyte(long number) {
        LogEntry entry = new LogEntry(10 * number, 1, ByteBuffer.allocate(1 << 20));
        EntryBatch batch = new EntryBatch(
                id(10 * (number - 1)), List.of(entry), List.of(new LineageElement(1, Optional.empty(), 1)));
        return new Request.Append(REPLICA, token(2, 1), number, batch, OptionalLong.of(10 * number));
    }

    private static Request.Append unheard(long number) {
        return new Request.Append(REPLICA, token(2, 1), number, mebibyte(number).batch(), OptionalLong.empty());
    }

    @Test
    @DisplayName("R51: a window that has come is forced in parts: more of it is appended beside the first force")
    void aWindowIsForcedInParts() {
        fence(token(2, 1));
        volume.calls.clear();
        for (int number = 1; number <= 8; number++) {
            handle(mebibyte(number));
        }
        runtime.runAll();
        assertThat(answers.stream()
                        .filter(Response.Durable.class::isInstance)
                        .map(each -> ((Response.Durable) each).covers()))
                .as("answered once four are durable")
                .startsWith(4L)
                .endsWith(8L);
    }

    @Test
    @DisplayName(
            "R30, R51: beside a force the store is told what is committed, a step at a time, once the next force is full")
    void theStoreIsToldBesideAForce() {
        fence(token(2, 1));
        for (int number = 1; number <= 4; number++) {
            send(unheard(number));
        }
        volume.calls.clear();
        List<String> beside = new ArrayList<>();
        volume.hook = call -> {
            if (call.equals("flush") && beside.isEmpty()) {
                for (int number = 6; number <= 11; number++) {
                    handle(mebibyte(number));
                }
                runtime.runWorkers();
                while (runtime.runOneIo()) {
                    runtime.runWorkers();
                }
                beside.addAll(volume.calls);
            }
        };
        handle(mebibyte(5));
        runtime.runAll();
        assertThat(beside)
                .as("what came first, and then what makes the next force full")
                .containsSubsequence("flush", "committed 10", "append 60")
                .containsSubsequence("append 90", "committed 20", "committed 30", "committed 40", "append 100");
        assertThat(volume.calls).as("all of it in the end").endsWith("committed 110");
    }

    @Test
    @DisplayName("R30: a store that has to follow far is told before more is appended, however much has come")
    void theImageFollows() {
        fence(token(2, 1));
        for (int number = 1; number <= 12; number++) {
            send(unheard(number));
        }
        volume.calls.clear();
        for (int number = 13; number <= 16; number++) {
            handle(mebibyte(number));
        }
        runtime.runAll();
        assertThat(volume.calls.indexOf("committed 10"))
                .as("eight steps behind")
                .isBetween(0, volume.calls.indexOf("append 150"));
        assertThat(volume.calls).endsWith("committed 160");
    }

    @Test
    @DisplayName("R2, R18: what is no append waits for the flush that is under way")
    void othersWaitForAFlush() {
        fence(token(2, 1));
        volume.calls.clear();
        volume.hook = call -> {
            if (call.equals("flush")) {
                volume.hook = any -> {};
                handle(new Request.Truncate(REPLICA, token(2, 1), 2, 10));
                runtime.runWorkers();
                assertThat(runtime.runOneIo()).isFalse();
            }
        };
        send(append(token(2, 1), 1, 0, 10));
        assertThat(volume.calls).containsExactly("append 10", "flush", "truncateTo 10", "position");
        assertThat(last(Response.Truncated.class).lsn()).isEqualTo(10);
    }

    @Test
    @DisplayName(
            "R2: a fence while a flush runs waits for it; what was appended beside it is durable in the fence's answer")
    void aFenceWaitsForAFlush() {
        fence(token(2, 1));
        volume.calls.clear();
        List<CompletionStage<Void>> both = new ArrayList<>();
        volume.hook = call -> {
            if (call.equals("flush")) {
                volume.hook = any -> {};
                both.add(handle(append(token(2, 1), 2, 10, 20)));
                runtime.runWorkers();
                runtime.runOneIo();
                handle(new Request.Fence(REPLICA, token(3, 1)));
                runtime.runWorkers();
                assertThat(runtime.runOneIo()).isFalse();
            }
        };
        both.add(handle(append(token(2, 1), 1, 0, 10)));
        runtime.runAll();
        assertThat(volume.calls)
                .containsExactly("append 10", "flush", "append 20", "promise 3", "flush", "position", "identity");
        assertThat(last(Response.Fenced.class).position().flushedLsn()).isEqualTo(20);
        assertThat(both).hasSize(2).allSatisfy(each -> assertThat(each).isCompleted());
    }

    @Test
    @DisplayName("R11: an LSN is reported only once it is durable: a crash keeps what was reported")
    void whatIsReportedSurvivesACrash() {
        fence(token(2, 1));
        volume.hook = failing("flush", new PermanentException("the disk is gone"));
        send(append(token(2, 1), 1, 0, 10));
        assertThat(failure()).hasMessageContaining("the disk is gone");
        assertThat(answers).noneMatch(Response.Durable.class::isInstance);
        volume.crash();
        assertThat(volume.durableLog()).isEmpty();
    }

    @Test
    @DisplayName(
            "R52: entries that the store has are skipped; a gap, or another epoch at the same LSN, ends the session")
    void aGapIsRefused() {
        fence(token(2, 1));
        send(append(token(2, 1), 1, 0, 10, 20));
        send(append(token(2, 1), 2, 0, 10, 20, 30));
        assertThat(last(Response.Durable.class).durableLsn()).isEqualTo(30);
        assertThat(volume.log()).hasSize(3);
        send(append(token(2, 1), 3, 35, 40));
        assertThat(failure()).isInstanceOf(PermanentException.class).hasMessageContaining("cannot follow");
        fence(token(2, 2));
        EntryBatch foreign = new EntryBatch(
                new EntryId(20, 1),
                List.of(new LogEntry(30, 5, ByteBuffer.allocate(1))),
                List.of(new LineageElement(5, Optional.empty(), 21)));
        send(new Request.Append(REPLICA, token(2, 2), 1, foreign, OptionalLong.empty()));
        assertThat(failure()).isInstanceOf(PermanentException.class);
        assertThat(volume.durableLog()).hasSize(3);
    }

    @Test
    @DisplayName("R30: the store's committed bound is what was told, never above what is durable, and never falls")
    void committedIsBoundedByWhatIsDurable() {
        fence(token(2, 1));
        volume.calls.clear();
        send(new Request.Append(REPLICA, token(2, 1), 1, batch(0, 10), OptionalLong.of(5)));
        send(new Request.Append(REPLICA, token(2, 1), 2, empty(10), OptionalLong.of(3)));
        send(new Request.Append(REPLICA, token(2, 1), 3, batch(10, 20), OptionalLong.of(500)));
        assertThat(volume.calls)
                .as("before the flush, so that it can be made durable with the entries, and after it")
                .containsExactly(
                        "append 10",
                        "committed 5",
                        "flush",
                        "committed 5",
                        "append 20",
                        "committed 20",
                        "flush",
                        "committed 20");
        assertThat(last(Response.Durable.class)).isEqualTo(new Response.Durable(REPLICA, token(2, 1), 3, 20));
    }

    @Test
    @DisplayName("R15, R30: a truncation is physical before it is answered, and the report names what it covers")
    void aTruncationIsReportedWithWhatItCovers() {
        fence(token(2, 1));
        send(append(token(2, 1), 1, 0, 10, 20, 30));
        fence(token(2, 2));
        send(new Request.Truncate(REPLICA, token(2, 2), 1, 25));
        assertThat(last(Response.Truncated.class)).isEqualTo(new Response.Truncated(REPLICA, token(2, 2), 1, 20));
        volume.crash();
        assertThat(volume.log()).containsExactly(new EntryId(10, 1), new EntryId(20, 1));
        send(new Request.Append(REPLICA, token(2, 2), 2, empty(20), OptionalLong.empty()));
        assertThat(last(Response.Durable.class)).isEqualTo(new Response.Durable(REPLICA, token(2, 2), 2, 20));
    }

    @Test
    @DisplayName("R15: a truncation below what is committed is refused with the floor, and nothing changes")
    void aTruncationBelowCommittedIsRefused() {
        fence(token(2, 1));
        send(new Request.Append(REPLICA, token(2, 1), 1, batch(0, 10, 20), OptionalLong.of(20)));
        send(new Request.Truncate(REPLICA, token(2, 1), 2, 10));
        assertThat(((TruncationUnsafeException) failure()).floorLsn()).isEqualTo(20);
        assertThat(volume.durableLog()).hasSize(2);
    }

    @Test
    @DisplayName("R16, R17: a base is written, made durable, read back, verified, and only then installed")
    void aBaseIsInstalled() {
        fence(token(2, 1));
        send(append(token(2, 1), 1, 0, 10));
        BaseDescriptor base = base(50, 3);
        send(new Request.BaseBegin(REPLICA, token(2, 1), 2, base, KEY));
        assertThat(last(Response.BaseReady.class).durableRanges().isEmpty()).isTrue();
        handle(range(token(2, 1), 3, base, 0));
        handle(range(token(2, 1), 4, base, 1));
        handle(range(token(2, 1), 5, base, 2));
        runtime.runAll();
        assertThat(last(Response.BaseDurable.class)).isEqualTo(new Response.BaseDurable(REPLICA, token(2, 1), 5, 3));
        assertThat(volume.durableLog())
                .as("R16: the old content until the commit")
                .hasSize(1);
        send(commit(token(2, 1), 6, base));
        assertThat(last(Response.Installed.class)).isEqualTo(new Response.Installed(REPLICA, token(2, 1), 6, 50));
        assertThat(volume.calls).containsSubsequence("flushBase", "read 0", "read 1", "read 2", "commit");
        assertThat(volume.image()).hasSize(3);
        send(append(token(2, 1), 7, 50, 60));
        assertThat(last(Response.Durable.class).durableLsn()).isEqualTo(60);
    }

    @Test
    @DisplayName("R51: a range leaves the window when it is written, and is counted when it is forced")
    void aForceHoldsUpNoWindow() {
        fence(token(2, 1));
        BaseDescriptor base = base(50, 3);
        send(new Request.BaseBegin(REPLICA, token(2, 1), 1, base, KEY));
        handle(range(token(2, 1), 2, base, 0));
        runtime.runWorkers();
        runtime.runOneIo();
        runtime.runWorkers();
        assertThat(last(Response.BaseDurable.class)).isEqualTo(new Response.BaseDurable(REPLICA, token(2, 1), 2, 0));
        assertThat(volume.calls).contains("write 0").doesNotContain("flushBase");
        runtime.runAll();
        assertThat(last(Response.BaseDurable.class)).isEqualTo(new Response.BaseDurable(REPLICA, token(2, 1), 2, 1));
    }

    @Test
    @DisplayName("R51: beside a force more ranges are written, but no more than a system can keep")
    void rangesGoOnBesideAForce() {
        fence(token(2, 1));
        BaseDescriptor base = new BaseDescriptor(50, lineage(), 40L * (2 << 20), 2 << 20);
        send(new Request.BaseBegin(REPLICA, token(2, 1), 1, base, KEY));
        List<Long> writtenBeside = new ArrayList<>();
        volume.hook = call -> {
            if (call.equals("flushBase")) {
                volume.hook = any -> {};
                for (int i = 1; i < 20; i++) {
                    handle(range(token(2, 1), 2 + i, base, i));
                    runtime.runWorkers();
                    runtime.runOneIo();
                    runtime.runWorkers();
                    writtenBeside.add((long) volume.staging());
                }
            }
        };
        send(range(token(2, 1), 2, base, 0));
        assertThat(writtenBeside).startsWith(2L, 3L, 4L).endsWith(16L, 16L, 16L);
        assertThat(last(Response.BaseDurable.class).ranges()).isEqualTo(20);
    }

    @Test
    @DisplayName(
            "R17, R21: what may turn out to be rotten is read when no force is running, since it is discarded then")
    void heldRangesAreNotReadBesideAForce() {
        fence(token(2, 1));
        BaseDescriptor base = base(50, 4);
        send(new Request.BaseBegin(REPLICA, token(2, 1), 1, base, KEY));
        send(range(token(2, 1), 2, base, 2));
        fence(token(2, 2));
        send(new Request.BaseBegin(REPLICA, token(2, 2), 1, base, KEY));
        volume.damage(2, bytes -> bytes[7] ^= 1);
        volume.calls.clear();
        List<String> before = new ArrayList<>();
        volume.hook = call -> {
            if (call.equals("flushBase") && before.isEmpty()) {
                for (int each : List.of(1, 3)) { // between them is the one that is held
                    handle(range(token(2, 2), each == 1 ? 3 : 4, base, each));
                    runtime.runWorkers();
                    runtime.runOneIo();
                    runtime.runWorkers();
                }
                before.addAll(volume.calls);
            }
        };
        send(range(token(2, 2), 2, base, 0));
        assertThat(before).contains("write 0", "write 1").doesNotContain("read 2");
        assertThat(volume.calls).contains("read 2");
    }

    @Test
    @DisplayName("R17, R53: a range that reads back differently is noticed, and the staged bytes are discarded")
    void aDamagedBaseIsDiscarded() {
        fence(token(2, 1));
        BaseDescriptor base = stage(token(2, 1));
        volume.damage(1, bytes -> bytes[7] ^= 1);
        send(commit(token(2, 1), 5, base));
        assertThat(failure()).isInstanceOf(CorruptException.class).hasMessageContaining("must be sent again");
        assertThat(volume.calls).contains("discard").doesNotContain("commit");
        fence(token(2, 2));
        send(new Request.BaseBegin(REPLICA, token(2, 2), 1, base, KEY));
        assertThat(last(Response.BaseReady.class).durableRanges().isEmpty()).isTrue();
    }

    @Test
    @DisplayName("R17: a later session goes on with the ranges that are durable")
    void aLaterSessionGoesOn() {
        fence(token(2, 1));
        BaseDescriptor base = base(50, 3);
        send(new Request.BaseBegin(REPLICA, token(2, 1), 1, base, KEY));
        send(range(token(2, 1), 2, base, 1));
        fence(token(3, 1));
        send(new Request.BaseBegin(REPLICA, token(3, 1), 1, base, KEY));
        assertThat(last(Response.BaseReady.class).durableRanges().stream()).containsExactly(1);
        send(range(token(3, 1), 2, base, 0));
        assertThat(last(Response.BaseDurable.class).ranges()).isEqualTo(2);
        send(commit(token(3, 1), 3, base));
        assertThat(failure()).isInstanceOf(PermanentException.class).hasMessageContaining("2 of its 3 ranges");
        assertThat(volume.calls).doesNotContain("commit", "discard");
    }

    @Test
    @DisplayName("R17: what was durable before is read and digested in its turn, and the base is verified as a whole")
    void heldRangesAreVerifiedToo() {
        fence(token(2, 1));
        BaseDescriptor base = base(50, 4);
        send(new Request.BaseBegin(REPLICA, token(2, 1), 1, base, KEY));
        send(range(token(2, 1), 2, base, 0));
        send(range(token(2, 1), 3, base, 2));
        fence(token(3, 1));
        volume.calls.clear();
        send(new Request.BaseBegin(REPLICA, token(3, 1), 1, base, KEY));
        assertThat(volume.calls)
                .as("nothing has come yet: the time is used")
                .containsExactly("beginInstall 50", "read 0");
        fence(token(3, 2));
        handle(new Request.BaseBegin(REPLICA, token(3, 2), 1, base, KEY));
        handle(range(token(3, 2), 2, base, 1));
        handle(range(token(3, 2), 3, base, 3));
        runtime.runAll();
        assertThat(volume.calls).containsSubsequence("write 1", "read 2", "write 3");
        volume.calls.clear();
        send(commit(token(3, 2), 4, base));
        assertThat(last(Response.Installed.class)).isEqualTo(new Response.Installed(REPLICA, token(3, 2), 4, 50));
        assertThat(volume.calls)
                .as("the others were durable when they were read to be digested")
                .containsSubsequence("read 1", "read 3", "commit")
                .doesNotContain("read 0", "read 2");
    }

    @Test
    @DisplayName("R17: a base of the same LSN, lineage and geometry with other bytes is not mixed with what was staged")
    void twoBasesAreNotMixed() {
        fence(token(2, 1));
        BaseDescriptor base = base(50, 3);
        send(new Request.BaseBegin(REPLICA, token(2, 1), 1, base, KEY));
        ByteBuffer other = ByteBuffer.allocate(RANGE);
        send(new Request.BaseRange(REPLICA, token(2, 1), 2, 0, other));
        fence(token(3, 1));
        send(new Request.BaseBegin(REPLICA, token(3, 1), 1, base, KEY));
        assertThat(volume.calls).as("it is gone on with").endsWith("read 0");
        send(range(token(3, 1), 2, base, 1));
        send(range(token(3, 1), 3, base, 2));
        send(commit(token(3, 1), 4, base));
        assertThat(failure()).isInstanceOf(CorruptException.class).hasMessageContaining("must be sent again");
        assertThat(volume.calls).contains("discard").doesNotContain("commit");
        fence(token(3, 2));
        stage(token(3, 2));
        send(commit(token(3, 2), 5, base));
        assertThat(last(Response.Installed.class)).isEqualTo(new Response.Installed(REPLICA, token(3, 2), 5, 50));
        assertThat(volume.image()).first().isEqualTo(content(base, 0).array());
    }

    @Test
    @DisplayName(
            "R17, R50: a range that comes twice, or after a later one, is refused: it would not be what was digested")
    void rangesComeInOrder() {
        long session = 0;
        for (long again : new long[] {1, 0}) {
            Token now = token(2, ++session);
            fence(now);
            BaseDescriptor base = base(40 + session, 3);
            send(new Request.BaseBegin(REPLICA, now, 1, base, KEY));
            send(range(now, 2, base, 1));
            volume.calls.clear();
            send(range(now, 3, base, again));
            assertThat(failure()).isInstanceOf(PermanentException.class).hasMessageContaining("came again");
            assertThat(volume.calls).noneMatch(call -> call.startsWith("write"));
        }
    }

    @Test
    @DisplayName("R17: what comes for a range that was offered must be what was offered, or is not written")
    void anotherRangeThanWasOffered() {
        fence(token(2, 1));
        BaseDescriptor base = base(50, 3);
        volume.candidates = List.of(new byte[RANGE]);
        send(new Request.BaseBegin(REPLICA, token(2, 1), 1, base, KEY));
        byte[] digest = new RangeDigest(KEY).of(0, content(base, 0));
        send(new Request.BaseOffer(REPLICA, token(2, 1), 2, 0, ByteBuffer.wrap(digest)));
        assertThat(last(Response.BaseWanted.class).ranges().stream()).containsExactly(0);
        send(new Request.BaseRange(REPLICA, token(2, 1), 3, 0, ByteBuffer.allocate(RANGE)));
        assertThat(failure()).isInstanceOf(CorruptException.class).hasMessageContaining("not the one that was offered");
        assertThat(volume.calls).noneMatch(call -> call.startsWith("write"));
    }

    @Test
    @DisplayName(
            "R17: an engine that fails to keep a range ends the session, and what the range is to be is not guessed")
    void keepingFails() {
        fence(token(2, 1));
        BaseDescriptor base = base(50, 3);
        volume.candidates = List.of(content(base, 0).array());
        volume.hook = call -> {
            if (call.equals("keep 0")) {
                throw new ResourceExhaustedException("no room for its note", "disk");
            }
        };
        send(new Request.BaseBegin(REPLICA, token(2, 1), 1, base, KEY));
        byte[] digest = new RangeDigest(KEY).of(0, content(base, 0));
        send(new Request.BaseOffer(REPLICA, token(2, 1), 2, 0, ByteBuffer.wrap(digest)));
        assertThat(failure()).isInstanceOf(ResourceExhaustedException.class);
        assertThat(volume.calls).noneMatch(call -> call.startsWith("write"));
    }

    @Test
    @DisplayName("R51, R53: a range that is kept is little for a force: the next offer does not wait for one")
    void keptRangesWaitForNoForce() {
        fence(token(2, 1));
        BaseDescriptor base = new BaseDescriptor(50, lineage(), 32L * (2 << 20), 2 << 20);
        byte[] same = content(base, 0).array();
        volume.candidates = Collections.nCopies(32, same);
        volume.keeps = true;
        send(new Request.BaseBegin(REPLICA, token(2, 1), 1, base, KEY));
        volume.calls.clear();
        RangeDigest offered = new RangeDigest(KEY);
        for (int first = 0; first < 32; first += 16) {
            ByteBuffer digests = ByteBuffer.allocate(16 * Response.DIGEST_BYTES);
            for (int i = 0; i < 16; i++) {
                digests.put(offered.of(first + i, ByteBuffer.wrap(same)));
            }
            handle(new Request.BaseOffer(REPLICA, token(2, 1), 2 + first / 16, first, digests.flip()));
        }
        runtime.runAll();
        assertThat(volume.calls)
                .hasSize(32 * 2 + 1)
                .containsSubsequence("keep 15", "candidate 16", "keep 31", "flushBase");
        assertThat(last(Response.BaseDurable.class).ranges()).isEqualTo(32);
    }

    @Test
    @DisplayName("R50: an offer of ranges whose turn is over, or that the base has not, is refused")
    void anOfferOutOfTurn() {
        long session = 0;
        for (long first : new long[] {0, -1, 2, Long.MAX_VALUE}) {
            Token now = token(2, ++session);
            fence(now);
            send(new Request.BaseBegin(REPLICA, now, 1, base(40 + session, 3), KEY));
            send(range(now, 2, base(40 + session, 3), 0));
            send(new Request.BaseOffer(REPLICA, now, 3, first, ByteBuffer.allocate(64)));
            assertThat(failure()).isInstanceOf(PermanentException.class).hasMessageContaining("cannot be offered");
        }
        assertThat(volume.calls).doesNotContain("write 1", "write 2");
    }

    @Test
    @DisplayName("R2: a fence comes in between the steps in which held ranges are digested")
    void aFenceStopsTheDigesting() {
        fence(token(2, 1));
        int size = 40; // of 2 MiB: more than two steps
        BaseDescriptor base = new BaseDescriptor(50, lineage(), (long) size * (2 << 20), 2 << 20);
        send(new Request.BaseBegin(REPLICA, token(2, 1), 1, base, KEY));
        for (int i = 0; i < size; i++) {
            send(range(token(2, 1), 2 + i, base, i));
        }
        fence(token(2, 2));
        handle(new Request.BaseBegin(REPLICA, token(2, 2), 1, base, KEY));
        runtime.runWorkers();
        runtime.runOneIo();
        runtime.runWorkers();
        runtime.runOneIo();
        assertThat(volume.calls).contains("read 0").doesNotContain("read 39");
        send(new Request.Fence(REPLICA, token(3, 1)));
        assertThat(last(Response.Fenced.class).token()).isEqualTo(token(3, 1));
        assertThat(volume.calls).doesNotContain("read 39", "discard");
    }

    @Test
    @DisplayName("R17: a held range that its engine finds damaged is not digested; what was staged is discarded")
    void aDamagedHeldRange() {
        fence(token(2, 1));
        BaseDescriptor base = stage(token(2, 1));
        fence(token(2, 2));
        volume.hook = failing("read 1", new CorruptException("it rotted", "the disk", 0));
        send(new Request.BaseBegin(REPLICA, token(2, 2), 1, base, KEY));
        assertThat(failure()).isInstanceOf(CorruptException.class).hasMessageContaining("must be sent again");
        assertThat(volume.calls).contains("discard").doesNotContain("commit");
    }

    @Test
    @DisplayName("R18: no entry and no truncation while a base is not installed")
    void nothingElseDuringAnInstall() {
        fence(token(2, 1));
        stage(token(2, 1));
        send(append(token(2, 1), 5, 50, 60));
        assertThat(failure()).isInstanceOf(PermanentException.class).hasMessageContaining("not installed yet");
        fence(token(2, 2));
        send(new Request.BaseBegin(REPLICA, token(2, 2), 1, base(50, 3), KEY));
        send(new Request.Truncate(REPLICA, token(2, 2), 2, 0));
        assertThat(failure()).isInstanceOf(PermanentException.class).hasMessageContaining("not installed yet");
        assertThat(volume.calls).doesNotContain("append 60", "truncateTo 0");
    }

    @Test
    @DisplayName("R50: ranges that do not belong to the base, or to no base, are refused before anything is written")
    void aStrangeRangeIsRefused() {
        fence(token(2, 1));
        BaseDescriptor base = base(50, 3);
        send(range(token(2, 1), 1, base, 0));
        assertThat(failure()).hasMessageContaining("no base was begun");
        long session = 1;
        for (long index : new long[] {-1, 3, Long.MAX_VALUE}) {
            Token now = token(2, ++session);
            fence(now);
            send(new Request.BaseBegin(REPLICA, now, 1, base, KEY));
            send(new Request.BaseRange(REPLICA, now, 2, index, ByteBuffer.allocate(RANGE)));
            assertThat(failure()).hasMessageContaining("does not belong to a base");
        }
        fence(token(3, 1));
        send(new Request.BaseBegin(REPLICA, token(3, 1), 1, base, KEY));
        send(new Request.BaseRange(REPLICA, token(3, 1), 2, 0, ByteBuffer.allocate(RANGE - 1)));
        assertThat(failure()).hasMessageContaining("does not belong to a base");
        assertThat(volume.calls).noneMatch(call -> call.startsWith("write"));
    }

    @Test
    @DisplayName("R54: a base of a hostile geometry costs no memory")
    void aHostileGeometryIsRefused() {
        fence(token(2, 1));
        send(new Request.BaseBegin(
                REPLICA, token(2, 1), 1, new BaseDescriptor(5, Lineage.EMPTY, Long.MAX_VALUE, 1), KEY));
        assertThat(failure()).isInstanceOf(PermanentException.class);
        fence(token(2, 2));
        send(new Request.BaseBegin(
                REPLICA, token(2, 2), 1, new BaseDescriptor(5, Lineage.EMPTY, Long.MAX_VALUE, Integer.MAX_VALUE), KEY));
        assertThat(failure()).isInstanceOf(PermanentException.class);
        assertThat(volume.calls).noneMatch(call -> call.startsWith("beginInstall"));
    }

    @Test
    @DisplayName("R2: a fence comes in between the steps of a long verification, and the base is not installed")
    void aFenceStopsAVerification() {
        fence(token(2, 1));
        int size = 20; // of 2 MiB: more than one step
        BaseDescriptor base = new BaseDescriptor(50, lineage(), (long) size * (2 << 20), 2 << 20);
        send(new Request.BaseBegin(REPLICA, token(2, 1), 1, base, KEY));
        for (int i = 0; i < size; i++) {
            send(range(token(2, 1), 2 + i, base, i));
        }
        handle(commit(token(2, 1), 2 + size, base));
        runtime.runWorkers();
        runtime.runOneIo();
        assertThat(volume.calls).contains("read 0").doesNotContain("read 19");
        send(new Request.Fence(REPLICA, token(3, 1)));
        assertThat(last(Response.Fenced.class).token()).isEqualTo(token(3, 1));
        assertThat(volume.calls).doesNotContain("read 19", "commit", "discard");
    }

    @Test
    @DisplayName("R37, R39: a sign of life waits for no turn of its store, however much else is under way there")
    void aSignOfLifeNeedsNoTurn() {
        fence(token(2, 1));
        events.heard.clear();
        assertThat(server.handle(new Request.Ask(REPLICA, token(2, 1), 7), answers::add))
                .isCompleted();
        assertThat(last(Response.Answered.class).question()).isEqualTo(7);
        assertThat(events.heard).containsExactly(token(2, 1));
    }

    @Test
    @DisplayName("R2, R39: nobody gives a sign of life by the right of the primary's own writer")
    void theOwnWriterDoesNotAsk() {
        target.fence(token(2, 0));
        runtime.runAll();
        events.heard.clear();
        send(new Request.Ask(REPLICA, token(2, 0), 7));
        assertThat(last(Response.Failed.class).cause()).isInstanceOf(PermanentException.class);
        assertThat(answers).noneMatch(Response.Answered.class::isInstance);
        assertThat(events.heard).isEmpty();
    }

    @Test
    @DisplayName("R39: that a connection is lost is told after what came over it, also where that is dealt with later")
    void aLossIsNotOvertaken() {
        HostId sender = new HostId("h");
        send(new Request.Fence(REPLICA, token(2, 1)));
        events.signs.clear();
        server.handle(new Request.Ask(REPLICA, token(2, 1), 7), answers::add);
        server.lost(REPLICA, sender);
        runtime.runAll();
        assertThat(events.signs).containsExactly(token(2, 1), sender);
    }

    @Test
    @DisplayName("R39: that a sender has closed its stream is told after what came over it, and is no lost connection")
    void aStreamThatIsClosed() {
        HostId sender = new HostId("h");
        send(new Request.Fence(REPLICA, token(2, 1)));
        events.signs.clear();
        server.handle(new Request.Ask(REPLICA, token(2, 1), 7), answers::add);
        server.left(REPLICA, sender);
        runtime.runAll();
        assertThat(events.signs).containsExactly(token(2, 1), "left by h");
        assertThat(events.lost).isEmpty();
    }

    @Test
    @DisplayName("R39: a fence whose connection is lost before its promise is durable is no later sign of life")
    void aLossOutlivesAFence() {
        HostId sender = new HostId("h");
        server.handle(new Request.Fence(REPLICA, token(2, 1)), answers::add);
        runtime.runWorkers();
        server.lost(REPLICA, sender);
        runtime.runAll();
        assertThat(events.signs).containsExactly(token(2, 1), sender);
    }

    @Test
    @DisplayName(
            "R39: a sender that fences again is heard at once, and not once a loaded disk has made its promise durable")
    void aFenceIsASignOfLifeWhenItComes() {
        HostId sender = new HostId("h");
        fence(token(2, 1));
        server.lost(REPLICA, sender);
        runtime.runAll();
        events.signs.clear();
        volume.calls.clear();
        server.handle(new Request.Fence(REPLICA, token(2, 2)), answers::add);
        runtime.runWorkers();
        assertThat(volume.calls).as("what the disk did").isEmpty();
        assertThat(events.signs).containsExactly(token(2, 2));
        runtime.runAll();
        assertThat(events.signs).as("and again at its end").containsExactly(token(2, 2), token(2, 2));
        server.handle(new Request.Fence(REPLICA, token(1, 9)), answers::add);
        runtime.runAll();
        assertThat(events.signs).as("one that is refused is none").hasSize(2);
    }

    @Test
    @DisplayName("R3 R42: an epoch beyond belief shuts nobody out and is not promised, whoever brings it")
    void anEpochBeyondBeliefIsNotPromised() throws RecoveryException {
        fence(token(2, 1));
        Token absurd = token(EpochLimit.HIGHEST + 1, 1);
        server.handle(new Request.Fence(REPLICA, absurd), answers::add);
        CompletionStage<Fenced> own = target.fence(token(EpochLimit.HIGHEST + 1, 0));
        runtime.runAll();
        assertThat(failure()).isInstanceOf(PermanentException.class).hasMessageContaining("highest");
        assertThat(own).isCompletedExceptionally();
        assertThat(target.gate().isCurrent(token(2, 1))).as("who was in office").isTrue();
        MemoryVolume disk = new MemoryVolume();
        ReplicaTarget shut = server.add(disk.store(new ReplicaId(new VolumeId("vol"), "fresh")), INCARNATION);
        CompletionStage<Optional<Epoch>> opened = shut.open(Optional.of(absurd.epoch()));
        runtime.runAll();
        assertThat(opened).isCompletedExceptionally();
        assertThat(shut.gate().wasOpened()).isFalse();
        assertThat(disk.promise()).isEmpty();
        assertThat(volume.promise()).contains(epoch(2));
    }

    @Test
    @DisplayName("R39: a sign of life is answered and told on only while the session is in office")
    void aSignOfLifeIsAnsweredOnlyInOffice() {
        fence(token(2, 1));
        events.heard.clear();
        send(new Request.Ask(REPLICA, token(2, 1), 77));
        assertThat(last(Response.Answered.class).question()).isEqualTo(77);
        assertThat(events.heard).containsExactly(token(2, 1));
        handle(new Request.Fence(REPLICA, token(3, 1)));
        runtime.runWorkers(); // the gate is closed, the promise is not made yet
        events.heard.clear();
        send(new Request.Ask(REPLICA, token(2, 1), 78));
        assertThat(answers).noneMatch(each -> each instanceof Response.Answered answered && answered.question() == 78);
        assertThat(events.heard).doesNotContain(token(2, 1));
    }

    @Test
    void anUncheckedExceptionOfTheAdapterFailsTheSessionAndNotTheStore() {
        fence(token(2, 1));
        volume.hook = call -> {
            throw new IllegalStateException("a bug");
        };
        send(append(token(2, 1), 1, 0, 10));
        assertThat(failure()).isInstanceOf(PermanentException.class).hasMessageContaining("a bug");
        volume.hook = call -> {};
        fence(token(2, 2));
        send(append(token(2, 2), 1, 0, 10));
        assertThat(last(Response.Durable.class).durableLsn()).isEqualTo(10);
    }

    @Test
    @DisplayName("R21: what waits is bounded; a sender that keeps no window loses its session")
    void whatWaitsIsBounded() {
        fence(token(2, 1));
        EntryBatch large = new EntryBatch(
                EntryId.NONE,
                List.of(new LogEntry(10, 1, ByteBuffer.allocate(1 << 20))),
                List.of(new LineageElement(1, Optional.empty(), 1)));
        List<CompletionStage<Void>> done = new ArrayList<>();
        for (int i = 1; i <= 40; i++) {
            done.add(handle(new Request.Append(REPLICA, token(2, 1), i, large, OptionalLong.empty())));
        }
        runtime.runAll();
        assertThat(failure()).isInstanceOf(ResourceExhaustedException.class);
        assertThat(done).allMatch(each -> each.toCompletableFuture().isDone());
    }

    @Test
    void aStoreThatIsRemovedIsLeftAlone() throws RecoveryException {
        target.fence(token(2, 0));
        runtime.runAll();
        Admission pass = target.gate().enter(token(2, 0));
        CompletionStage<Void> removed = server.remove(REPLICA);
        runtime.runAll();
        assertThat(removed.toCompletableFuture()).isNotDone();
        pass.close();
        runtime.runAll();
        assertThat(removed).isCompleted();
        List<String> before = List.copyOf(volume.calls);
        send(new Request.Fence(REPLICA, token(9, 1)));
        assertThat(failure()).isInstanceOf(RetriableException.class);
        assertThat(volume.calls).isEqualTo(before);
        assertThat(server.find(REPLICA)).isEmpty();
    }

    private CompletionStage<Void> handle(Request request) {
        return server.handle(request, answers::add);
    }

    private void send(Request request) {
        CompletionStage<Void> done = handle(request);
        runtime.runAll();
        if (target.gate().isCurrent(request.token())) {
            assertThat(done).isCompleted();
        }
    }

    private void fence(Token token) {
        send(new Request.Fence(REPLICA, token));
        assertThat(last(Response.Fenced.class).token()).isEqualTo(token);
    }

    private <T extends Response> T last(Class<T> type) {
        assertThat(answers).isNotEmpty();
        Response last = answers.get(answers.size() - 1);
        assertThat(last).isInstanceOf(type);
        return type.cast(last);
    }

    private RecoveryException failure() {
        return last(Response.Failed.class).cause();
    }

    private Response refused(Token token) {
        return new Response.Refused(REPLICA, token, 3, Optional.of(new MintId("m3")));
    }

    private static MemoryVolume.Hook failing(String call, RecoveryException error) {
        return each -> {
            if (each.equals(call)) {
                throw error;
            }
        };
    }

    private static Request append(Token token, long sequence, long previous, long... lsns) {
        return new Request.Append(REPLICA, token, sequence, batch(previous, lsns), OptionalLong.empty());
    }

    private static EntryBatch batch(long previous, long... lsns) {
        List<LogEntry> entries = new ArrayList<>();
        for (long lsn : lsns) {
            entries.add(new LogEntry(lsn, 1, ByteBuffer.allocate(3)));
        }
        return new EntryBatch(id(previous), entries, List.of(new LineageElement(1, Optional.empty(), 1)));
    }

    private static EntryBatch empty(long previous) {
        return new EntryBatch(id(previous), List.of(), List.of());
    }

    private static EntryId id(long lsn) {
        return lsn == 0 ? EntryId.NONE : new EntryId(lsn, 1);
    }

    private static Lineage lineage() {
        return new Lineage(List.of(new LineageElement(1, Optional.empty(), 1)));
    }

    private static BaseDescriptor base(long lsn, int ranges) {
        return new BaseDescriptor(lsn, lineage(), (long) ranges * RANGE - 40, RANGE);
    }

    private static ByteBuffer content(BaseDescriptor base, long index) {
        byte[] bytes = new byte[base.rangeLength(index)];
        java.util.Arrays.fill(bytes, (byte) (index + 1));
        return ByteBuffer.wrap(bytes);
    }

    private static Request range(Token token, long sequence, BaseDescriptor base, long index) {
        return new Request.BaseRange(REPLICA, token, sequence, index, content(base, index));
    }

    private static Request commit(Token token, long sequence, BaseDescriptor base) {
        BaseDigest all = new BaseDigest();
        for (long i = 0; i < base.ranges(); i++) {
            all.add(content(base, i));
        }
        return new Request.BaseCommit(REPLICA, token, sequence, ByteBuffer.wrap(all.end()));
    }

    /** Stages a whole base with four requests. */
    private BaseDescriptor stage(Token token) {
        BaseDescriptor base = base(50, 3);
        send(new Request.BaseBegin(REPLICA, token, 1, base, KEY));
        for (int i = 0; i < 3; i++) {
            send(range(token, 2 + i, base, i));
        }
        return base;
    }

    private static Epoch epoch(long number) {
        return new Epoch(number, new MintId("m" + number));
    }

    private static Token token(long epoch, long session) {
        return new Token(INCARNATION, epoch(epoch), session);
    }
}
