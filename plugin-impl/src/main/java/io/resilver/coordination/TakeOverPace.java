package io.resilver.coordination;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * How many volumes a host looks after at the same time: reading their records, taking them over, and confirming their terms in
 * a new session. A host that dies leaves thousands of volumes at once, and a session that ends makes thousands of terms ask:
 * the ensemble is asked for a few at a time, first come, first served (R39, R40). Thread safe; nothing blocks.
 */
public final class TakeOverPace {
    /**
     * Turns at a time. Each is two or three round trips to a quorum, 10 to 20 ms: this many keep an ensemble busy with about a
     * thousand take-overs a second and never with more than this from one host. The promise that follows a mint is not in the
     * turn: a disk that hangs keeps its own volume waiting and no other.
     */
    public static final int DEFAULT_TURNS = 16;

    private final int turns;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private int taken;

    /** A turn that is taken, and given back once. Thread safe. */
    public final class Turn {
        private final AtomicBoolean givenBack = new AtomicBoolean();

        private Turn() {}

        /** Gives the turn back: the next in line has one. Idempotent. */
        public void leave() {
            if (!givenBack.getAndSet(true)) {
                passOn();
            }
        }

        private void use(Consumer<Turn> task) {
            try {
                task.accept(this);
            } catch (RuntimeException | Error bug) {
                leave(); // whoever waits has nothing to do with it
                throw bug;
            }
        }
    }

    /**
     * A pace with nobody at work.
     *
     * @param turns how many may be at work at a time
     * @throws IllegalArgumentException when that is none
     */
    public TakeOverPace(int turns) {
        if (turns < 1) {
            throw new IllegalArgumentException("take-overs at a time: " + turns + ", but must be 1 or more");
        }
        this.turns = turns;
    }

    /**
     * Takes a turn, at once or when it is one's own. Whoever waits for one turn of a kind at a time, as each volume does, keeps
     * the queue as short as a few times the number of volumes.
     *
     * @param where runs the task, from within this call or that of whoever leaves
     * @param task what to do in the turn; what it begins ends with {@link Turn#leave}, and where it throws, the turn is over
     */
    public void enter(Executor where, Consumer<Turn> task) {
        Runnable begin = () -> {
            Turn turn = new Turn();
            where.execute(() -> turn.use(task));
        };
        synchronized (waiting) {
            if (taken == turns) {
                waiting.add(begin);
                return;
            }
            taken++;
        }
        begin.run();
    }

    private void passOn() {
        Runnable next;
        synchronized (waiting) {
            next = waiting.poll();
            if (next == null) {
                taken--;
                return;
            }
        }
        next.run();
    }

    /**
     * How many are at work or wait.
     *
     * @return a number of this moment
     */
    public int load() {
        synchronized (waiting) {
            return taken + waiting.size();
        }
    }
}
