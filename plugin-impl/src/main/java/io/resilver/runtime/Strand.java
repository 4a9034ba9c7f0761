package io.resilver.runtime;

import java.util.ArrayDeque;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs tasks one after the other, in the order in which they came, on an executor that may have many threads. State that
 * is only touched on its strand needs no lock. A strand costs an object, not a thread. The queue has no bound of its own:
 * who posts bounds what it posts.
 */
public final class Strand implements Executor {
    /** Tasks in one turn, so that one busy strand does not keep a shared thread from the others. */
    private static final int TASKS_PER_TURN = 64;

    private final Executor executor;
    private final UncaughtHandler uncaught;
    private final ArrayDeque<Runnable> queue = new ArrayDeque<>();
    private boolean running;

    /** Hears of a task that threw; the strand goes on. */
    @FunctionalInterface
    public interface UncaughtHandler {
        /**
         * A task threw.
         *
         * @param error what it threw
         */
        void uncaught(Throwable error);
    }

    /**
     * A new strand with nothing to do.
     *
     * @param executor where turns run
     * @param uncaught hears of tasks that threw
     */
    public Strand(Executor executor, UncaughtHandler uncaught) {
        this.executor = executor;
        this.uncaught = uncaught;
    }

    /** Adds a task; does not block and never runs it in the caller's turn, unless the executor does so. */
    @Override
    public void execute(Runnable task) {
        synchronized (queue) {
            queue.add(task);
            if (running) {
                return;
            }
            running = true;
        }
        executor.execute(this::turn);
    }

    /**
     * Hears what becomes of a stage as a task of this strand: what it throws reaches the handler, as of any task, where a
     * function given to the stage itself would throw into a stage that nobody holds.
     *
     * @param stage what to wait for
     * @param heard is given the value, or null and the error
     * @param <T> the value
     */
    public <T> void whenDone(
            CompletionStage<? extends T> stage, BiConsumer<? super @Nullable T, ? super @Nullable Throwable> heard) {
        stage.whenComplete((value, error) -> execute(() -> heard.accept(value, error)));
    }

    private void turn() {
        for (int done = 0; done < TASKS_PER_TURN; done++) {
            Runnable task;
            synchronized (queue) {
                task = queue.poll();
                if (task == null) {
                    running = false;
                    return;
                }
            }
            try {
                task.run();
            } catch (Throwable t) { // the strand must outlive any task
                uncaught.uncaught(t);
            }
        }
        executor.execute(this::turn);
    }
}
