package io.resilver.replica;

import io.resilver.replica.FencingGate.Standing;
import io.resilver.spi.driver.Admission;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import io.resilver.spi.model.VolumeId;
import io.resilver.threads.Orders;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Stream;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FencingGateThreadsTest {
    private static final ReplicaId REPLICA = new ReplicaId(new VolumeId("vol"), "r");
    private static final Incarnation INCARNATION = new Incarnation("inc");
    private static final List<Token> TOKENS = Stream.of(new long[] {2, 0}, new long[] {2, 1}, new long[] {3, 0})
            .map(each -> new Token(INCARNATION, new Epoch(each[0], new MintId("m" + each[0])), each[1]))
            .toList();
    private static final Epoch FIRST = new Epoch(1, new MintId("m1"));

    @Test
    @DisplayName(
            "R2, R3: in any order of steps the gate does one thing at a time, and is empty of lower tokens when it says so")
    void oneThingAtATime() {
        Orders.check(Gate.class, Model.class);
    }

    @Test
    @DisplayName("R2: nobody enters behind the back of one who waits for the drain")
    void theDrain() {
        Orders.check(Drain.class);
    }

    /** Only those who change the store, and those who wait until it is quiet. */
    public static final class Drain {
        private final Gate gate = new Gate();

        @Operation
        public void change() {
            gate.change(0);
        }

        @Operation
        public void close() {
            gate.close(1);
        }

        @Validate
        public void nobodyWasInside() {
            gate.nobodyWasInside();
        }
    }

    @Param(name = "token", gen = IntGen.class, conf = "0:2")
    public static final class Gate {
        private final FencingGate gate = new FencingGate(REPLICA, INCARNATION, new RecordedEvents());
        private final AtomicIntegerArray inside = new AtomicIntegerArray(TOKENS.size());
        /** The highest token for which the store was said to be quiet. */
        private final AtomicInteger quietBelow = new AtomicInteger(-1);

        private final Queue<String> violations = new ConcurrentLinkedQueue<>();
        private final Queue<CompletionStage<Void>> drains = new ConcurrentLinkedQueue<>();

        public Gate() {
            gate.open(Optional.of(FIRST));
            gate.closeBelow(TOKENS.get(0));
            gate.admit(TOKENS.get(0));
        }

        /** A change of the store: whether it was let in. */
        @Operation
        public boolean change(@Param(name = "token") int token) {
            Admission pass;
            try {
                pass = gate.enter(TOKENS.get(token));
            } catch (FencedException shutOut) {
                return false;
            }
            inside.incrementAndGet(token);
            if (quietBelow.get() > token) {
                violations.add(token + " is inside after the drain for " + quietBelow);
            }
            inside.decrementAndGet(token);
            pass.close();
            return true;
        }

        @Operation
        public Standing close(@Param(name = "token") int token) {
            FencingGate.Closing closing = gate.closeBelow(TOKENS.get(token));
            closing.drained()
                    .ifPresent(drained -> drains.add(drained.thenRun(() -> {
                        quietBelow.accumulateAndGet(token, Math::max);
                        for (int lower = 0; lower < token; lower++) {
                            if (inside.get(lower) != 0) {
                                violations.add(lower + " is inside, and " + token + " is told that nobody is");
                            }
                        }
                    })));
            return closing.standing();
        }

        @Operation
        public boolean admit(@Param(name = "token") int token) {
            return gate.admit(TOKENS.get(token));
        }

        @Operation
        public void retire(@Param(name = "token") int token) {
            gate.retire(TOKENS.get(token));
        }

        @Operation
        public boolean isCurrent(@Param(name = "token") int token) {
            return gate.isCurrent(TOKENS.get(token));
        }

        @Validate
        public void nobodyWasInside() {
            if (!violations.isEmpty()) {
                throw new IllegalStateException(violations.toString());
            }
            if (!drains.stream().allMatch(each -> each.toCompletableFuture().isDone())) {
                throw new IllegalStateException("all have left, and the drain does not say so");
            }
        }
    }

    /** The gate for one thread: a level, and whether it is admitted. */
    public static final class Model {
        private int level;
        private boolean admitting = true;

        public boolean change(int token) {
            return isCurrent(token);
        }

        public Standing close(int token) {
            Standing standing = token > level ? Standing.HIGHER : token == level ? Standing.LEVEL : Standing.LOWER;
            if (token > level) {
                level = token;
                admitting = false;
            }
            return standing;
        }

        public boolean admit(int token) {
            admitting |= token == level;
            return token == level;
        }

        public void retire(int token) {
            admitting &= token != level;
        }

        public boolean isCurrent(int token) {
            return admitting && token == level;
        }
    }
}
