package io.resilver.plugin.runtime;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A task that can be forgotten until the moment it begins, also while it waits for a worker. Runs at most once. */
final class PendingTask implements Runnable {
    private final AtomicReference<@Nullable Runnable> task;

    PendingTask(Runnable task) {
        this.task = new AtomicReference<>(task);
    }

    @Override
    public void run() {
        Runnable taken = task.getAndSet(null);
        if (taken != null) {
            taken.run();
        }
    }

    void forget() {
        task.set(null);
    }
}
