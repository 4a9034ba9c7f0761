package io.resilver.host.cli.serve;

import io.resilver.host.cli.control.Message;
import io.resilver.host.cli.control.Pattern;
import io.resilver.host.product.ReplicatedVolume;
import io.resilver.spi.error.RecoveryException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Writes blocks at a fixed rate, whether or not those before are acknowledged, and tells how long each took, counted from when
 * it was due and not from when it could begin: a stall delays many writes, and all of them are counted. Thread safe.
 */
final class PacedWriter {
    static final Set<String> FIELDS = Set.of("seed", "at", "blocks", "block", "perSecond", "millis");

    /** Writes that may wait for a sync at a time: those behind them are late, and counted so. */
    private static final int WRITERS = 8;

    private static final int GREATEST_BLOCK = 1 << 20;
    private static final long GREATEST_RATE = 100_000;
    private static final int NANOS_PER_MICRO = 1_000;
    private static final double NANOS_PER_SECOND = 1e9;

    /** A member that died must leave the set before a commit: longer than its grace and the change of the record. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ReplicatedVolume volume;
    private volatile boolean ended;

    PacedWriter(ReplicatedVolume volume) {
        this.volume = volume;
    }

    /** What is under way writes nothing more and answers. */
    void end() {
        ended = true;
    }

    /**
     * Writes, for a time or until {@link #end}.
     *
     * @param request {@code blocks} of {@code block} bytes from {@code at} on are written over and over
     */
    Message.Builder write(Message request) throws RecoveryException, Message.MalformedException {
        long perSecond = within(request, "perSecond", 1, GREATEST_RATE);
        int block = (int) within(request, "block", 1, GREATEST_BLOCK);
        long blocks = within(request, "blocks", 1, Integer.MAX_VALUE);
        long count =
                perSecond * within(request, "millis", 1, Duration.ofHours(1).toMillis()) / 1_000;
        Run run = new Run(
                new Pattern(request.requireNumber("seed")), request.requireSize("at"), blocks, block, perSecond, count);
        ended = false;
        return run.all();
    }

    private static long within(Message request, String field, long least, long greatest)
            throws Message.MalformedException {
        long value = request.requireNumber(field);
        if (value < least || value > greatest) {
            throw new Message.MalformedException(
                    "field " + field + " is " + value + ", not " + least + " to " + greatest);
        }
        return value;
    }

    private final class Run {
        private final Pattern pattern;
        private final long at;
        private final long blocks;
        private final int block;
        private final double nanosPerWrite;
        private final long count;
        private final AtomicLong next = new AtomicLong();
        private volatile Optional<RecoveryException> failure = Optional.empty();
        private final long begunNanos = System.nanoTime();

        Run(Pattern pattern, long at, long blocks, int block, long perSecond, long count) {
            this.pattern = pattern;
            this.at = at;
            this.blocks = blocks;
            this.block = block;
            this.nanosPerWrite = NANOS_PER_SECOND / perSecond;
            this.count = count;
        }

        Message.Builder all() throws RecoveryException {
            List<long[]> latencies = new ArrayList<>();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                Thread thread = new Thread(
                        () -> {
                            long[] own = some();
                            synchronized (latencies) {
                                latencies.add(own);
                            }
                        },
                        "paced-" + i);
                thread.start();
                threads.add(thread);
            }
            for (Thread each : threads) {
                joinUninterruptibly(each);
            }
            Optional<RecoveryException> failed = failure;
            if (failed.isPresent()) {
                throw failed.get();
            }
            synchronized (latencies) {
                return distribution(latencies.stream()
                        .flatMapToLong(Arrays::stream)
                        .sorted()
                        .toArray());
            }
        }

        private long[] some() {
            long[] took = new long[16];
            int taken = 0;
            ByteBuffer buffer = ByteBuffer.allocate(block);
            try {
                while (!ended && failure.isEmpty()) {
                    long number = next.getAndIncrement();
                    if (number >= count) {
                        break;
                    }
                    long due = begunNanos + (long) (number * nanosPerWrite);
                    awaitUntil(due);
                    one(number % blocks, buffer);
                    if (taken == took.length) {
                        took = Arrays.copyOf(took, 2 * taken);
                    }
                    took[taken++] = System.nanoTime() - due;
                }
            } catch (RecoveryException e) {
                failure = Optional.of(e); // any one of them
            }
            return Arrays.copyOf(took, taken);
        }

        private void awaitUntil(long due) {
            for (long wait = due - System.nanoTime(); wait > 0 && !ended; wait = due - System.nanoTime()) {
                LockSupport.parkNanos(wait);
            }
        }

        private void one(long place, ByteBuffer buffer) throws RecoveryException {
            buffer.clear();
            pattern.fill(place * block, buffer);
            ReplicatedVolume.Written written = volume.append(at + place * block, buffer.flip());
            volume.flush(written.term());
            ReplicatedVolume.await(written.committed(), PATIENCE);
        }
    }

    private static void joinUninterruptibly(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static Message.Builder distribution(long[] sorted) {
        Message.Builder answer = Message.builder().put("writes", sorted.length);
        if (sorted.length > 0) {
            answer.put("p50Micros", sorted[sorted.length / 2] / NANOS_PER_MICRO)
                    .put("p99Micros", sorted[(int) (sorted.length * 0.99)] / NANOS_PER_MICRO)
                    .put("maxMicros", sorted[sorted.length - 1] / NANOS_PER_MICRO);
        }
        return answer;
    }
}
