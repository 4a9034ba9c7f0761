package io.resilver.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.replica.FencingGate.Standing;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.driver.Admission;
import io.resilver.spi.driver.Fenced;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
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
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.storage.Capability;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;
import net.jqwik.api.state.Action;
import net.jqwik.api.state.ActionChain;
import net.jqwik.api.state.Transformer;

/** One store and the sessions of many senders at it, in any order, beside a model of who may write and who wrote what. */
class StoreLifeTest {
    private static final int TRIES = 250;
    /** Lives in one try. */
    private static final int LIVES = Boolean.getBoolean("resilver.chaos") ? 200 : 1;

    private static final int LENGTH = 60;
    private static final int EPOCHS = 5;
    /** A sequence number that no session comes to. */
    private static final int NEVER_NEXT = 999;

    private static final int SESSIONS = 4;
    private static final ReplicaId REPLICA = new ReplicaId(new VolumeId("vol"), "r");
    private static final Incarnation INCARNATION = new Incarnation("inc");
    private static final Comparator<Token> ORDER =
            Comparator.comparingLong((Token token) -> token.epoch().number()).thenComparingLong(Token::session);

    @Property(tries = TRIES, shrinking = ShrinkingMode.BOUNDED)
    @Label("R1 R2 R3 R13: whatever comes in whatever order, only the session in office changes the store")
    void anyOrder(@ForAll("lives") List<ActionChain<World>> lives) {
        lives.forEach(each -> each.withInvariant(World::holds).run().settle());
    }

    @Provide
    Arbitrary<List<ActionChain<World>>> lives() {
        return life().list().ofSize(LIVES);
    }

    private static Arbitrary<ActionChain<World>> life() {
        return ActionChain.startWith(World::new)
                .withAction(8, action("turns", Arbitraries.integers().between(1, 6), World::turns))
                .withAction(2, action("settle", Arbitraries.just(0), (world, nothing) -> world.settle()))
                .withAction(4, action("fence", tokens(), World::fence))
                .withAction(5, action("append", how(), World::append))
                .withAction(4, action("append next", Arbitraries.just(0), (world, nothing) -> world.appendNext()))
                .withAction(1, action("append late", tokens(), World::appendLate))
                .withAction(1, action("truncate", Arbitraries.integers().between(0, 3), World::truncate))
                .withAction(1, action("ask", tokens(), World::ask))
                .withAction(1, action("own fence", Arbitraries.longs().between(1, EPOCHS), World::fenceOwn))
                .withAction(2, action("own write", Arbitraries.longs().between(1, EPOCHS), World::writeOwn))
                .withAction(1, action("the disk fails at", Arbitraries.of("append", "flush", "promise"), World::fails))
                .withAction(1, action("a link is lost", Arbitraries.just(0), (world, nothing) -> world.linkLost()))
                .withMaxTransformations(LENGTH);
    }

    /** Mostly the next sequence number; else one too early or too late. */
    private static Arbitrary<Integer> how() {
        return Arbitraries.frequency(Tuple.of(8, 1), Tuple.of(1, 0), Tuple.of(1, 2));
    }

    private static Arbitrary<Token> tokens() {
        return Combinators.combine(
                        Arbitraries.longs().between(1, EPOCHS),
                        Arbitraries.longs().between(1, SESSIONS),
                        Arbitraries.frequency(Tuple.of(9, "m"), Tuple.of(1, "other")))
                .as((epoch, session, mint) ->
                        new Token(INCARNATION, new Epoch(epoch, new MintId(mint + epoch)), session));
    }

    private static <P> Action.Independent<World> action(String what, Arbitrary<P> of, Doing<P> doing) {
        return () -> of.map(each -> Transformer.mutate(what + " " + each, world -> doing.with(world, each)));
    }

    private interface Doing<P> {
        void with(World world, P parameter);
    }

    /** The store, and the model. */
    private static final class World {
        private final ManualRuntime runtime = new ManualRuntime();
        private final RecordedEvents events = new RecordedEvents();
        private final ReplicaServer server =
                new ReplicaServer(runtime, events, new AdapterTraits("memory", Set.of(Capability.TRUNCATE)));
        private final MemoryVolume volume = new MemoryVolume();
        private final ReplicaTarget target;
        private boolean broken;

        /** The highest token that has closed the gate, in the order in which requests came. */
        private Optional<Token> level = Optional.empty();
        /** The highest token that was told where the store stands. */
        private Optional<Token> told = Optional.empty();
        /** Tokens whose session was told that it is over. */
        private final Set<Token> over = new HashSet<>();

        private final Map<Long, Token> writers = new HashMap<>();
        private final Set<Long> seen = new HashSet<>();
        private final Map<Token, Long> sequences = new HashMap<>();
        private final List<CompletionStage<Void>> handled = new ArrayList<>();
        private long lastLsn;
        private long promised;
        private final List<Heard> fences = new ArrayList<>();

        World() {
            target = server.add(volume.store(REPLICA), INCARNATION);
            target.open(Optional.of(new Epoch(1, new MintId("m1"))));
            runtime.runAll();
        }

        // ------------------------------------------------------------------------------------ what happens

        void turns(int count) {
            for (int i = 0; i < count; i++) {
                runtime.runOne();
            }
        }

        void fence(Token token) {
            Heard heard = new Heard(token, closes(token));
            fences.add(heard);
            handled.add(server.handle(new Request.Fence(REPLICA, token), heard::of));
        }

        /** What one who fenced hears: first whether it was let in, then what became of its session, until that is over. */
        private final class Heard {
            private final Token token;
            private final boolean higher;
            private boolean answered;
            private boolean ended;

            Heard(Token token, boolean higher) {
                this.token = token;
                this.higher = higher;
            }

            void of(Response answer) {
                assertThat(ended).as("R13: " + answer + " after the end").isFalse();
                if (answer instanceof Response.Fenced) {
                    assertThat(higher && !answered).as("R3: " + answer).isTrue();
                    tell(token);
                } else if (answer instanceof Response.Refused || answer instanceof Response.Failed) {
                    ended = true;
                    over.add(token);
                } else {
                    assertThat(told).as("R1: whose session answers").contains(token);
                }
                answered = true;
            }
        }

        /** The model of the gate: who comes with a higher token shuts out the others at once. */
        private boolean closes(Token token) {
            boolean conflict = level.map(Token::epoch)
                    .orElse(new Epoch(1, new MintId("m1")))
                    .conflictsWith(token.epoch());
            boolean higher = !conflict
                    && level.map(present -> ORDER.compare(token, present) > 0).orElse(true);
            if (higher) {
                level = Optional.of(token);
            }
            return higher;
        }

        private void tell(Token token) {
            told.ifPresent(before -> assertThat(ORDER.compare(token, before))
                    .as("R3: " + token + " after " + before)
                    .isPositive());
            told = Optional.of(token);
        }

        /** An append of the session in office, or of the one that was told last. */
        void append(int sequenceStep) {
            told.ifPresent(token -> append(token, sequences.getOrDefault(token, 0L) + sequenceStep, sequenceStep == 1));
        }

        private long append(Token token, long sequence, boolean counts) {
            long previous = volume.last().lsn();
            long lsn = ++lastLsn;
            writers.put(lsn, token);
            if (counts) {
                sequences.put(token, sequence);
            }
            EntryBatch batch = batch(previous, lsn);
            handled.add(server.handle(
                    new Request.Append(REPLICA, token, sequence, batch, OptionalLong.empty()), answer -> {}));
            return lsn;
        }

        /** Once all is quiet, a session that was not told of its end is served (R1). */
        void appendNext() {
            settle();
            if (told.isEmpty() || !told.equals(level) || over.contains(told.get()) || broken) {
                return;
            }
            Token token = told.get();
            if (token.session() > 0) {
                long lsn = append(token, sequences.getOrDefault(token, 0L) + 1, true);
                runtime.runAll();
                assertThat(volume.durableLog()).as("what " + token + " sent").contains(id(lsn));
            }
        }

        void appendLate(Token token) {
            append(token, NEVER_NEXT, false);
        }

        void truncate(int entries) {
            told.ifPresent(token -> {
                long to = Math.max(0, volume.last().lsn() - entries);
                long sequence = sequences.merge(token, 1L, Long::sum);
                handled.add(server.handle(new Request.Truncate(REPLICA, token, sequence, to), answer -> {}));
            });
        }

        void ask(Token token) {
            Standing standing = target.gate().standingOf(token);
            handled.add(server.handle(new Request.Ask(REPLICA, token, 1), answer -> {
                if (answer instanceof Response.Answered) {
                    assertThat(standing).as("R3: who is answered").isIn(Standing.LEVEL, Standing.HIGHER);
                }
            }));
        }

        void fenceOwn(long epoch) {
            Token token = new Token(INCARNATION, new Epoch(epoch, new MintId("m" + epoch)), 0);
            closes(token);
            CompletionStage<Fenced> asked = target.fence(token);
            asked.thenAccept(fenced -> tell(token));
        }

        /** The primary's own writer, which passes the gate by itself. */
        void writeOwn(long epoch) {
            Token token = new Token(INCARNATION, new Epoch(epoch, new MintId("m" + epoch)), 0);
            boolean mayFail = broken;
            Admission pass;
            try {
                pass = target.gate().enter(token);
            } catch (FencedException shutOut) {
                assertThat(shutOut.promisedEpoch()).isGreaterThanOrEqualTo(1);
                return;
            }
            try {
                long previous = volume.last().lsn();
                writers.put(++lastLsn, token);
                volume.append(batch(previous, lastLsn));
            } catch (RecoveryException failed) {
                assertThat(mayFail).isTrue();
            } finally {
                pass.close();
            }
        }

        void fails(String kind) {
            broken = true;
            volume.hook = call -> {
                if (call.startsWith(kind)) {
                    broken = false;
                    volume.hook = any -> {};
                    throw new PermanentException("the disk failed at " + call);
                }
            };
        }

        void linkLost() {
            server.lost(REPLICA, new HostId("other"));
        }

        // ------------------------------------------------------------------------------------ what must be true

        void holds() {
            for (EntryId each : volume.log()) {
                if (seen.add(each.lsn())) {
                    Token writer = writers.get(each.lsn());
                    told.ifPresent(highest -> assertThat(ORDER.compare(writer, highest))
                            .as("R2: " + writer + " wrote after " + highest + " was told where the store stands")
                            .isNotNegative());
                }
            }
            assertThat(events.accepted).as("R3: who changed the store").isSortedAccordingTo(ORDER);
            long now = volume.promise().map(Epoch::number).orElse(0L);
            assertThat(now).as("R3: the promise").isGreaterThanOrEqualTo(promised);
            promised = now;
        }

        void settle() {
            runtime.runAll();
            holds();
            level.ifPresent(token -> {
                assertThat(target.gate().standingOf(token))
                        .as("R3: the gate's level")
                        .isEqualTo(Standing.LEVEL);
                assertThat(target.gate().level()).contains(token.epoch());
            });
            told.ifPresent(
                    token -> assertThat(volume.promise().map(Epoch::number).orElse(0L))
                            .as("R2: what was promised to " + token)
                            .isGreaterThanOrEqualTo(token.epoch().number()));
            assertThat(fences).as("fences are answered").allMatch(each -> each.answered);
            assertThat(handled)
                    .as("what came and was dealt with")
                    .allSatisfy(each -> assertThat(each.toCompletableFuture()).isDone());
            handled.clear();
        }

        private static EntryBatch batch(long previous, long lsn) {
            return new EntryBatch(
                    previous == 0 ? EntryId.NONE : id(previous),
                    List.of(new LogEntry(lsn, 1, ByteBuffer.allocate(3))),
                    List.of(new LineageElement(1, Optional.empty(), 1)));
        }

        private static EntryId id(long lsn) {
            return new EntryId(lsn, 1);
        }
    }
}
