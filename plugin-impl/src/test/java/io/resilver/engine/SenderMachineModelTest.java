package io.resilver.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.engine.KnownEpochs.Verdict;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import io.resilver.spi.model.VolumeId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.state.Action;
import net.jqwik.api.state.ActionChain;
import net.jqwik.api.state.Transformer;

/** A sender's machine beside a model that keeps everything that ever happened and derives from it what must be true. */
class SenderMachineModelTest {
    private static final int TRIES = 500;
    /** Lives in one try. */
    private static final int LIVES = Boolean.getBoolean("resilver.chaos") ? 20 : 1;

    private static final int LENGTH = 60;
    private static final int EPOCHS = 6;
    private static final List<String> MINTS = List.of("a", "b");
    private static final ReplicaId REPLICA = new ReplicaId(new VolumeId("v"), "b");
    private static final Incarnation INCARNATION = new Incarnation("i1");

    @Property(tries = TRIES)
    @Label("R1 R3 R4 R5 R13: whatever happens in whatever order, the machine is where the model is")
    void anyOrder(@ForAll("lives") List<ActionChain<Both>> lives) {
        lives.forEach(each -> each.withInvariant(Both::agree).run());
    }

    @Provide
    Arbitrary<List<ActionChain<Both>>> lives() {
        return life().list().ofSize(LIVES);
    }

    private static Arbitrary<ActionChain<Both>> life() {
        return ActionChain.startWith(Both::new)
                .withAction(3, action(epochs(), "raise", Both::raise))
                .withAction(1, action(Arbitraries.longs().between(1, EPOCHS), "invalidate", Both::invalidate))
                .withAction(1, action(Arbitraries.integers().between(0, 2), "move to", Both::move))
                .withAction(6, action(Arbitraries.just(0), "open", (both, nothing) -> both.open()))
                .withAction(12, action(states(), "become", Both::become))
                .withMaxTransformations(LENGTH);
    }

    /** Every state, the end less often: nothing happens after it. */
    private static Arbitrary<SenderState> states() {
        return Arbitraries.frequencyOf(
                Tuple.of(11 * 4, Arbitraries.of(SenderState.class).filter(each -> each != SenderState.CLOSED)),
                Tuple.of(1, Arbitraries.just(SenderState.CLOSED)));
    }

    private static Arbitrary<Epoch> epochs() {
        return Combinators.combine(Arbitraries.longs().between(1, EPOCHS), Arbitraries.of(MINTS))
                .as((number, mint) -> new Epoch(number, new MintId(mint)));
    }

    private static <P> Action.Independent<Both> action(Arbitrary<P> of, String what, Doing<P> doing) {
        return () -> of.map(each -> Transformer.mutate(what + " " + each, both -> doing.with(both, each)));
    }

    private interface Doing<P> {
        void with(Both both, P parameter);
    }

    /** The machine, and the model. */
    private static final class Both {
        private final AtomicLong numbers = new AtomicLong();
        private final SenderMachine machine =
                new SenderMachine(REPLICA, INCARNATION, endpoint(1), numbers::incrementAndGet);

        /** Every epoch that was let in, by number. */
        private final Map<Long, Epoch> attached = new TreeMap<>();
        /** Every session that there ever was; the last one may be active. */
        private final List<Token> sessions = new ArrayList<>();

        private long shutOut;
        private int port = 1;
        private SenderState state = SenderState.IDLE;
        private boolean active;
        /** What the state's reason must speak of. */
        private String why = "new";

        void raise(Epoch epoch) {
            long highest =
                    attached.keySet().stream().reduce((low, high) -> high).orElse(0L);
            boolean newer = epoch.number() > Math.max(highest, shutOut);
            boolean conflict =
                    epoch.number() == highest && !attached.get(highest).equals(epoch);
            Verdict verdict = machine.raise(epoch);
            if (newer) {
                assertThat(verdict).isEqualTo(Verdict.NEWER);
                if (state != SenderState.CLOSED) {
                    attached.put(epoch.number(), epoch);
                    rest("epoch " + epoch);
                }
            } else if (conflict) {
                assertThat(verdict).isEqualTo(Verdict.CONFLICT);
            } else {
                assertThat(verdict)
                        .isEqualTo(epoch.number() == highest && highest > shutOut ? Verdict.CURRENT : Verdict.STALE);
            }
        }

        void invalidate(long number) {
            shutOut = Math.max(shutOut, number);
            boolean ends = active && current().epoch().number() <= number;
            assertThat(machine.invalidate(number)).isEqualTo(ends);
            if (ends) {
                rest("invalidated");
            }
        }

        void move(int to) {
            boolean ends = active && to != port;
            assertThat(machine.moved(endpoint(to))).isEqualTo(ends);
            if (to != port) {
                port = to;
                rest("endpoint");
            }
        }

        void open() {
            if (!SenderStateTest.chartAllows(state, SenderState.CONNECTING)) {
                assertThatThrownBy(machine::open).isInstanceOf(IllegalStateException.class);
                return;
            }
            Optional<Epoch> inForce = attached.values().stream()
                    .filter(each -> each.number() > shutOut)
                    .reduce((low, high) -> high);
            Optional<Token> token = machine.open();
            assertThat(token.map(Token::epoch)).isEqualTo(inForce);
            token.ifPresent(begun -> {
                assertThat(sessions).as("R5").noneMatch(each -> each.session() >= begun.session());
                sessions.add(begun);
                active = true;
                state = SenderState.CONNECTING;
                why = "session";
            });
        }

        void become(SenderState next) {
            if (next == SenderState.CONNECTING || !SenderStateTest.chartAllows(state, next)) {
                assertThatThrownBy(() -> machine.become(next, "no")).isInstanceOf(IllegalStateException.class);
                return;
            }
            machine.become(next, "asked to be " + next);
            state = next;
            why = "asked to be " + next;
            active &= next.hasSession();
        }

        /** A session that ends from outside leaves the sender idle; one without a session that waits for its time, too. */
        private void rest(String because) {
            if (SenderStateTest.chartAllows(state, SenderState.IDLE)) {
                state = SenderState.IDLE;
                why = because;
                active = false;
            }
        }

        private Token current() {
            return sessions.get(sessions.size() - 1);
        }

        void agree() {
            assertThat(machine.state()).isEqualTo(state);
            assertThat(machine.why()).as("R13: why it is " + state).contains(why);
            assertThat(machine.replica()).as("R4").isEqualTo(REPLICA);
            assertThat(machine.endpoint()).as("R4").isEqualTo(endpoint(port));
            assertThat(machine.session()).as("R1 R13").isEqualTo(active ? Optional.of(current()) : Optional.empty());
            for (Token each : sessions) {
                assertThat(machine.accepts(each))
                        .as("an answer to " + each)
                        .isEqualTo(active && each.equals(current()));
            }
            assertThat(machine.epochs().invalidatedUpTo()).as("R3").isEqualTo(shutOut);
            assertThat(machine.epochs().highest())
                    .as("R3")
                    .isEqualTo(attached.values().stream().reduce((low, high) -> high));
        }

        private static Optional<Endpoint> endpoint(int port) {
            return port == 0 ? Optional.empty() : Optional.of(new Endpoint("h", port));
        }
    }
}
