package io.resilver.execution;

import static io.resilver.execution.LeaderFixture.B;
import static io.resilver.execution.LeaderFixture.C;
import static io.resilver.execution.LeaderFixture.FIRST;
import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.engine.SenderState;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.Response;
import io.resilver.spi.driver.Assignment;
import io.resilver.spi.driver.Fenced;
import io.resilver.spi.driver.RecoveryExecution;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.driver.ReplicaStatus;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.EntryId;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.Token;
import io.resilver.spi.plan.RecoveryPlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;
import net.jqwik.api.state.Action;
import net.jqwik.api.state.ActionChain;
import net.jqwik.api.state.Transformer;

/**
 * A term's senders, their sessions and the stores that they feed, driven step by step in any order, beside a model that
 * knows no more than who is assigned where, what the stores have promised, and what was asked.
 */
class SenderLifeTest {
    private static final int TRIES = 150;
    /** Lives in one try. */
    private static final int LIVES = Boolean.getBoolean("resilver.chaos") ? 200 : 1;

    private static final int LENGTH = 80;
    private static final List<ReplicaId> OTHERS = List.of(B, C);
    /** Mostly the first: what is to follow each other at one replica should do so often. */
    private static final Arbitrary<ReplicaId> ONE = Arbitraries.frequency(Tuple.of(4, B), Tuple.of(1, C));

    private static final List<String> CALLS = List.of("history", "pinLog", "pinFullBase", "open", "next", "read base");

    @Property(tries = TRIES, shrinking = ShrinkingMode.BOUNDED)
    @Label("R1 R3 R4 R5 R12 R13: whatever happens in whatever order, senders and sessions are where the model is")
    void anyOrder(@ForAll("lives") List<ActionChain<World>> lives) {
        lives.forEach(each -> each.withInvariant(World::holds).run().end());
    }

    @Provide
    Arbitrary<List<ActionChain<World>>> lives() {
        return life().list().ofSize(LIVES);
    }

    private static Arbitrary<ActionChain<World>> life() {
        return ActionChain.startWith(World::new)
                .withAction(20, action("turns", Arbitraries.integers().between(1, 25), World::turns))
                .withAction(5, action("time", Arbitraries.of(1, 40, 700, 12_000), World::time))
                .withAction(3, action("settle", Arbitraries.just(0), (world, nothing) -> world.settle()))
                .withAction(5, action("recover", ONE, World::recover))
                .withAction(4, action("fence", ONE, World::fence))
                .withAction(4, action("fence, plan and begin", ONE, World::drive))
                .withAction(2, action("fence, plan twice and begin", ONE, World::driveHastily))
                .withAction(6, action("plan", ONE, World::plan))
                .withAction(6, action("begin", ONE, World::begin))
                .withAction(8, action("step", ONE, World::step))
                .withAction(3, action("complete", ONE, World::complete))
                .withAction(2, action("cancel", ONE, World::cancel))
                .withAction(3, action("assign newer", Arbitraries.integers().between(0, 15), World::assignNewer))
                .withAction(1, action("assign not newer", Arbitraries.integers().between(0, 15), World::assignOlder))
                .withAction(1, action("reorder", Arbitraries.just(0), (world, nothing) -> world.reorder()))
                .withAction(2, action("cut", ONE, (world, replica) -> world.f.link.cut(replica)))
                .withAction(2, action("unreachable", ONE, World::reachability))
                .withAction(2, action("lose answers", Arbitraries.integers().between(0, 3), World::loseAnswers))
                .withAction(2, action("the source fails", Arbitraries.integers().between(0, 11), World::sourceFails))
                .withAction(2, action("write", Arbitraries.integers().between(1, 8), World::write))
                .withAction(2, action("trim", Arbitraries.integers().between(1, 40), World::trim))
                .withAction(1, action("pins cost", Arbitraries.of(0L, Long.MAX_VALUE / 16), World::pinsCost))
                .withAction(2, action("late answers", ONE, World::lateAnswers))
                .withAction(1, action("a higher epoch at", ONE, World::higherEpoch))
                .withMaxTransformations(LENGTH);
    }

    private static <P> Action.Independent<World> action(String what, Arbitrary<P> of, Doing<P> doing) {
        return () -> of.map(each -> Transformer.mutate(what + " " + each, world -> doing.with(world, each)));
    }

    private interface Doing<P> {
        void with(World world, P parameter);
    }

    /** What a settled world looks like from outside; two that are equal differ in nothing that counts. */
    private record Look(
            List<ReplicaStatus> senders,
            Set<String> pins,
            int requests,
            int events,
            OptionalLong committed,
            Map<ReplicaId, List<EntryId>> logs) {}

    /** The term, and the model. */
    private static final class World {
        final LeaderFixture f = new LeaderFixture();
        private final VolumeLeader leader;
        private final CompletionStage<String> ended;
        private final Map<ReplicaId, Fenced> fenced = new HashMap<>();
        private final Map<ReplicaId, RecoveryPlan> plans = new HashMap<>();
        private final Map<ReplicaId, RecoveryExecution> executions = new HashMap<>();
        /** Whatever was asked: it is answered in the end. */
        private final Map<String, CompletionStage<?>> asked = new TreeMap<>();

        // The model: who is assigned and where, under which number, and who has promised a higher epoch.
        private Map<ReplicaId, ReplicaAssignment> assigned;
        private long number = 1;
        private final Map<ReplicaId, List<EntryId>> deposedAt = new HashMap<>();
        private final Map<ReplicaId, Long> promised = new HashMap<>();
        private long sessionsOfOthers;

        World() {
            f.source.append(FIRST, 12);
            leader = f.lead(false, B, C);
            ended = leader.ended();
            assigned = at(List.of(LeaderFixture.at(B, 7), LeaderFixture.at(C, 7)));
        }

        // ------------------------------------------------------------------------------------ what happens

        void turns(int count) {
            for (int i = 0; i < count; i++) {
                f.runtime.runOne();
            }
        }

        void time(int millis) {
            f.runtime.advance(Duration.ofMillis(millis));
        }

        void recover(ReplicaId replica) {
            ask("recover", leader.senders().recover(replica), report -> {});
        }

        void fence(ReplicaId replica) {
            ask("fence", leader.senders().fence(replica), answer -> fenced.put(replica, answer));
        }

        void plan(ReplicaId replica) {
            if (fenced.containsKey(replica)) {
                ask(
                        "plan",
                        leader.senders().plan(replica, fenced.get(replica).position()),
                        made -> plans.put(replica, made));
            }
        }

        void begin(ReplicaId replica) {
            if (plans.containsKey(replica)) {
                ask("begin", leader.senders().begin(plans.get(replica)), begun -> executions.put(replica, begun));
            }
        }

        /** As a host does that drives the steps: each with the answer to the one before. */
        void drive(ReplicaId replica) {
            fence(replica);
            f.runtime.runAll();
            plan(replica);
            f.runtime.runAll();
            begin(replica);
        }

        /** As a host does whose threads do not know of each other: the second plan is another one. */
        void driveHastily(ReplicaId replica) {
            fence(replica);
            f.runtime.runAll();
            plan(replica);
            f.runtime.runAll();
            write(1);
            plan(replica);
            begin(replica);
        }

        void step(ReplicaId replica) {
            if (executions.containsKey(replica)) {
                ask("step", executions.get(replica).step(), done -> {});
            }
        }

        void complete(ReplicaId replica) {
            if (executions.containsKey(replica)) {
                ask("complete", executions.get(replica).complete(), done -> executions.remove(replica));
            }
        }

        /** What was begun from a plan ends when the plan is cancelled, whatever else was asked meanwhile (R13). */
        void cancel(ReplicaId replica) {
            settle();
            RecoveryExecution begun = executions.get(replica);
            if (begun == null) {
                return;
            }
            ask("cancel", leader.senders().cancel(begun.plan(), true, "a test"), done -> {});
            CompletionStage<?> step = begun.step();
            ask("step", step, done -> {});
            f.runtime.runAll();
            assertThat(step.toCompletableFuture())
                    .as("a step of what was cancelled")
                    .isCompletedExceptionally();
            executions.remove(replica);
        }

        private <T> void ask(String what, CompletionStage<T> answer, Consumer<T> then) {
            answer.thenAccept(then);
            asked.put(what + " " + asked.size(), answer);
        }

        void assignNewer(int choice) {
            List<ReplicaAssignment> next = chosen(choice);
            assigned = at(next);
            leader.reassign(LeaderFixture.assignment(++number, next), false);
        }

        /** An older assignment, or another one of the same number, changes nothing, whatever it lists (R4). */
        void assignOlder(int choice) {
            Assignment older = LeaderFixture.assignment(choice % 2 == 0 ? number : 1, chosen(choice));
            unchanged("an assignment that is not newer", () -> leader.reassign(older, false));
        }

        /** The same set in another order changes nothing (R4). */
        void reorder() {
            List<ReplicaAssignment> same = new ArrayList<>(assigned.values());
            Collections.reverse(same);
            unchanged("another order", () -> leader.reassign(LeaderFixture.assignment(++number, same), false));
        }

        private static List<ReplicaAssignment> chosen(int choice) {
            List<ReplicaAssignment> next = new ArrayList<>();
            if ((choice & 3) != 0) {
                next.add(LeaderFixture.at(B, 6 + (choice & 1)));
            }
            if ((choice & 12) != 0) {
                next.add(LeaderFixture.at(C, 6 + ((choice >> 2) & 1)));
            }
            return next;
        }

        private static Map<ReplicaId, ReplicaAssignment> at(List<ReplicaAssignment> all) {
            Map<ReplicaId, ReplicaAssignment> by = new HashMap<>();
            all.forEach(each -> by.put(each.replica(), each));
            return by;
        }

        void reachability(ReplicaId replica) {
            if (!f.link.unreachable.remove(replica)) {
                f.link.unreachable.add(replica);
                f.link.cut(replica);
            }
        }

        void loseAnswers(int which) {
            f.link.lostAnswers = answer -> switch (which) {
                case 1 -> answer instanceof Response.Fenced;
                case 2 -> answer instanceof Response.Durable;
                case 3 -> answer instanceof Response.BaseReady;
                default -> false;
            };
        }

        /** The next call of a kind fails: retriably, or for good. */
        void sourceFails(int how) {
            String kind = CALLS.get(how / 2);
            f.source.hook = call -> {
                if (call.startsWith(kind)) {
                    f.source.hook = any -> {};
                    throw how % 2 == 0
                            ? new RetriableException("a disk that is busy", Duration.ZERO)
                            : new PermanentException("a disk that is broken");
                }
            };
        }

        void write(int count) {
            leader.flushed(f.source.append(LeaderFixture.TERM, count));
        }

        void trim(int entries) {
            f.source.trim(Math.min((long) entries * MemorySource.STEP, f.source.head()));
        }

        void pinsCost(long bytes) {
            f.source.heldBytes = bytes;
        }

        /** Another primary fences a store: this term is over for it. */
        void higherEpoch(ReplicaId replica) {
            if (++sessionsOfOthers % 4 != 0) {
                return; // seldom: nothing much happens in a term after it
            }
            settle();
            Token token = new Token(LeaderFixture.INCARNATION, new Epoch(3, new MintId("m3")), sessionsOfOthers);
            f.server.handle(new Request.Fence(replica, token), answer -> {});
            f.runtime.runAll();
            deposedAt.putIfAbsent(replica, f.stores.get(replica).log());
        }

        /** What comes late, of a session that was superseded, changes nothing, wherever it comes (R2, R13). */
        void lateAnswers(ReplicaId replica) {
            settle();
            boolean active = sender(replica).map(SenderState::hasSession).orElse(false);
            List<Token> sessions = f.link.sent(Request.Fence.class, replica).stream()
                    .map(Request.Fence::token)
                    .toList();
            List<Token> over = active ? sessions.subList(0, sessions.size() - 1) : sessions;
            unchanged("answers of sessions that are over", () -> over.forEach(token -> late(replica, token)));
        }

        private void late(ReplicaId replica, Token token) {
            long far = f.source.head() + 30;
            List.of(
                            new Response.Durable(replica, token, 99, far),
                            new Response.Truncated(replica, token, 99, 0),
                            new Response.Installed(replica, token, 99, far),
                            new Response.Answered(replica, token, 1),
                            new Response.Fenced(
                                    replica,
                                    token,
                                    "another",
                                    new StoreIdentity(new StoreId("another"), 9),
                                    new ReplicaPosition(far, 0, OptionalLong.of(far), true, Optional.empty())),
                            new Response.Failed(replica, token, 99, new PermanentException("late")),
                            new Response.Refused(replica, token, 99, Optional.empty()))
                    .forEach(f.link::injectLate);
        }

        // ------------------------------------------------------------------------------------ what must be true

        private void unchanged(String by, Runnable doing) {
            settle();
            Look before = look();
            doing.run();
            f.runtime.runAll();
            assertThat(look()).as(by).isEqualTo(before);
        }

        private Look look() {
            Map<ReplicaId, List<EntryId>> logs = new HashMap<>();
            f.stores.forEach((replica, store) -> logs.put(replica, store.log()));
            return new Look(
                    f.now(leader.status()),
                    Set.copyOf(f.source.pins.stream().map(Object::toString).toList()),
                    f.link.requests.size(),
                    f.events.size(),
                    leader.committedLsn(),
                    logs);
        }

        private Optional<SenderState> sender(ReplicaId replica) {
            return f.now(leader.status()).stream()
                    .filter(each -> each.replica().equals(replica))
                    .map(each -> SenderState.valueOf(each.state()))
                    .findAny();
        }

        private boolean over() {
            return ended.toCompletableFuture().isDone();
        }

        /** What is true between any two turns. */
        void holds() {
            assertThat(f.uncaught).isEmpty();
            for (ReplicaId each : OTHERS) {
                assertThat(f.link.streamsTo(each)).as("R1: streams to " + each).hasSizeLessThanOrEqualTo(1);
                List<Token> sessions = f.link.sent(Request.Fence.class, each).stream()
                        .map(Request.Fence::token)
                        .toList();
                assertThat(sessions).extracting(Token::epoch).as("R3").containsOnly(each(sessions));
                assertThat(sessions)
                        .extracting(Token::session)
                        .as("R5: sessions of " + each)
                        .isSorted()
                        .doesNotHaveDuplicates();
                long epoch = f.stores.get(each).promise().map(Epoch::number).orElse(0L);
                assertThat(epoch).as("R3: promised by " + each).isGreaterThanOrEqualTo(promised.getOrDefault(each, 0L));
                promised.put(each, epoch);
            }
            deposedAt.forEach((replica, log) -> assertThat(f.stores.get(replica).log())
                    .as("R3: the log of " + replica + ", which promised a higher epoch")
                    .isEqualTo(log));
            assertThat(f.source.closedAgain).as("R12: pins closed twice").isZero();
            assertThat(f.ledger.count()).as("R12: pins in the ledger").isEqualTo(f.source.pins.size());
            assertThat(f.scheduler.active()).isBetween(0, 1);
        }

        private static Epoch[] each(List<Token> sessions) {
            return sessions.isEmpty() ? new Epoch[0] : new Epoch[] {LeaderFixture.TERM};
        }

        /** Lets everything that is under way happen, but no time pass; what is then true of every sender. */
        void settle() {
            f.runtime.runAll();
            List<ReplicaStatus> all = f.now(leader.status());
            if (over()) {
                assertThat(deposedAt).as("who ended the term").isNotEmpty();
                assertThat(all).extracting(ReplicaStatus::state).containsOnly("CLOSED");
            } else {
                assertThat(all).extracting(ReplicaStatus::replica).hasSameElementsAs(assigned.keySet());
            }
            int pins = 0;
            int driven = 0;
            for (ReplicaStatus each : all) {
                boolean active = SenderState.valueOf(each.state()).hasSession();
                List<Endpoint> streams = f.link.streamsTo(each.replica());
                if (active) {
                    assertThat(streams)
                            .as("R1 R4: where the session of " + each + " leads")
                            .containsExactly(
                                    assigned.get(each.replica()).endpoint().orElseThrow());
                    assertThat(each.epoch()).hasValue(LeaderFixture.TERM.number());
                } else {
                    assertThat(streams).as("R13: streams of " + each).isEmpty();
                    assertThat(each.epoch()).isEmpty();
                    assertThat(each.pins()).as("R12: pins of " + each).isZero();
                }
                assertThat(each.why()).as("R13: why " + each).isNotBlank();
                pins += each.pins();
                driven += each.state().equals("WAITING") || each.state().equals("RECOVERING") ? 1 : 0;
            }
            assertThat(f.source.pins).as("R12: pins of somebody").hasSize(pins);
            assertThat(f.source.openCursors).isLessThanOrEqualTo(pins);
            assertThat(f.link.openStreams()).isEqualTo((int) all.stream()
                    .filter(each -> SenderState.valueOf(each.state()).hasSession())
                    .count());
            assertThat(f.scheduler.active()).as("slots").isLessThanOrEqualTo(driven);
        }

        /** Ends the term; then nothing is held, and whoever asked for something has an answer. */
        void end() {
            settle();
            leader.stop("the end of a test");
            f.runtime.runAll();
            assertThat(f.now(leader.status()))
                    .allSatisfy(each -> assertThat(each.state()).isEqualTo("CLOSED"));
            assertThat(f.source.pins).as("R12").isEmpty();
            assertThat(f.ledger.count()).isZero();
            assertThat(f.source.openCursors).isZero();
            assertThat(f.scheduler.active()).isZero();
            assertThat(f.scheduler.waiting()).isZero();
            assertThat(f.scheduler.bytesUnderWay()).isZero();
            assertThat(f.link.openStreams()).isZero();
            asked.forEach((what, answer) ->
                    assertThat(answer.toCompletableFuture()).as(what).isDone());
            holds();
        }
    }
}
