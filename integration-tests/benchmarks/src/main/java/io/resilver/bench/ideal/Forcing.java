package io.resilver.bench.ideal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Appends to a file and forces every 4 MiB, on a thread of its own, so that receiving goes on meanwhile. One user. */
final class Forcing implements AutoCloseable {
    static final int EVERY = 4 << 20;

    /** How far the disk may be behind. */
    private static final int LEAD = 4;

    private final FileChannel file;
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private final Deque<Future<?>> running = new ArrayDeque<>();
    private int unforced;

    Forcing(FileChannel file) {
        this.file = file;
    }

    void write(ByteBuffer bytes) throws IOException {
        unforced += bytes.remaining();
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
        if (unforced >= EVERY) {
            force();
        }
    }

    private void force() throws IOException {
        unforced = 0;
        running.add(thread.submit(() -> {
            file.force(false);
            return null;
        }));
        while (running.size() > LEAD) {
            await(running.remove());
        }
    }

    /** Forces the rest, and answers once all is. */
    void finish() throws IOException {
        force();
        while (!running.isEmpty()) {
            await(running.remove());
        }
    }

    private static void await(Future<?> each) throws IOException {
        try {
            each.get();
        } catch (ExecutionException e) {
            throw new IOException("the disk failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the disk worked", e);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
