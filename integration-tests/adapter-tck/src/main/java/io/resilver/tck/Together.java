package io.resilver.tck;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Runs tasks at the same time, each in its own thread, and ends when all have ended. */
final class Together {
    /** What one thread does. */
    interface Task {
        void run() throws Exception;
    }

    private Together() {}

    /** Runs them; what the first one of the list that failed threw is thrown here. */
    static void run(Task... tasks) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(tasks.length);
        try {
            CyclicBarrier start = new CyclicBarrier(tasks.length);
            List<Future<Boolean>> running = new ArrayList<>();
            for (Task task : tasks) {
                Callable<Boolean> started = () -> {
                    start.await();
                    task.run();
                    return true;
                };
                running.add(threads.submit(started));
            }
            Throwable failure = null;
            for (Future<Boolean> one : running) {
                try {
                    one.get();
                } catch (ExecutionException e) {
                    failure = failure == null ? e.getCause() : failure;
                }
            }
            if (failure instanceof Exception thrown) {
                throw thrown;
            } else if (failure instanceof Error thrown) {
                throw thrown;
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
