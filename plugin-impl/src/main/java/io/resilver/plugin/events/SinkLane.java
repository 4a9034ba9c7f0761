package io.resilver.plugin.events;

import io.resilver.runtime.Strand;
import io.resilver.spi.event.RecoveryEvent;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One sink with its bounded queue. The queue is a strand; the places in it are counted. */
final class SinkLane {
    private static final Logger LOG = LoggerFactory.getLogger(SinkLane.class);

    private final NamedSink sink;
    private final Strand strand;
    private final Semaphore places;
    private final AtomicLong lost = new AtomicLong();
    private final AtomicBoolean ending = new AtomicBoolean();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean hurry;

    SinkLane(NamedSink sink, Executor executor, int queue) {
        this.sink = sink;
        this.places = new Semaphore(queue);
        this.strand = new Strand(executor, error -> lose("An event sink threw and lost an event", error));
    }

    void offer(RecoveryEvent event) {
        if (ending.get() || !places.tryAcquire()) {
            lose("An event sink is too slow or closed and lost an event", null);
            return;
        }
        strand.execute(() -> {
            try {
                deliver(event);
            } finally {
                places.release();
            }
        });
    }

    long lost() {
        return lost.get();
    }

    /** Closes the sink after what waits for it. Does not wait. */
    void end() {
        if (!ending.getAndSet(true)) {
            strand.execute(this::closeSink);
        }
    }

    void awaitEnd(long nanos) {
        boolean inTime = false;
        try {
            inTime = ended.await(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!inTime) {
            hurry = true;
            LOG.atWarn().addKeyValue("sink", sink.name()).log("An event sink did not end in time and loses what waits");
        }
    }

    private void deliver(RecoveryEvent event) {
        // An offer that raced with the end may come after the close.
        if (hurry || ended.getCount() == 0) {
            lose("An event sink is too slow or closed and lost an event", null);
        } else {
            sink.sink().accept(event);
        }
    }

    private void closeSink() {
        try {
            sink.sink().close();
        } catch (RuntimeException | LinkageError e) {
            LOG.atWarn().addKeyValue("sink", sink.name()).setCause(e).log("An event sink could not be closed");
        } finally {
            ended.countDown();
        }
    }

    /** Says so at the first loss and at every doubling: a sink that always loses must not fill the log. */
    private void lose(String message, @Nullable Throwable cause) {
        long count = lost.incrementAndGet();
        if (Long.bitCount(count) == 1) {
            LOG.atWarn()
                    .addKeyValue("sink", sink.name())
                    .addKeyValue("lost", count)
                    .setCause(cause)
                    .log(message);
        }
    }
}
