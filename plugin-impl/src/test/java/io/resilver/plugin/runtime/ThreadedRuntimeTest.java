package io.resilver.plugin.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.is;

import io.resilver.runtime.HostRuntime;
import io.resilver.spi.model.HostId;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ThreadedRuntimeTest {
    private final ThreadedRuntime runtime = new ThreadedRuntime(new HostId("h1"));
    private final CountDownLatch gate = new CountDownLatch(1);

    @AfterEach
    void close() {
        gate.countDown();
        runtime.close();
        await().untilAsserted(() -> assertThat(threads()).isEmpty());
    }

    @Test
    void threadsAreDaemonsThatCarryTheHostsName() {
        for (Executor each : List.of(runtime.workers(), runtime.io(), runtime.sinks())) {
            Thread thread = threadOf(each);
            assertThat(thread.isDaemon()).isTrue();
            assertThat(thread.getName()).startsWith("resilver-h1-");
        }
        assertThat(threadOf(runtime.workers()).getName()).startsWith("resilver-h1-worker-");
        assertThat(threadOf(runtime.io()).getName()).startsWith("resilver-h1-io-");
        assertThat(threadOf(runtime.sinks()).getName()).startsWith("resilver-h1-sink-");
    }

    @Test
    void aTimerRunsItsTaskOnAWorker() {
        CompletableFuture<String> ranOn = new CompletableFuture<>();
        runtime.after(Duration.ZERO, () -> ranOn.complete(Thread.currentThread().getName()));
        assertThat(ranOn.join()).startsWith("resilver-h1-worker-");
    }

    @Test
    void aCancelledTimerDoesNotRun() {
        AtomicInteger ran = new AtomicInteger();
        HostRuntime.Timer timer = runtime.after(Duration.ofHours(1), ran::incrementAndGet);
        timer.cancel();
        timer.cancel();
        runtime.close();
        assertThat(ran).hasValue(0);
    }

    @Test
    void aTimerThatIsDueButWaitsForAWorkerCanStillBeCancelled() {
        PendingTask pending = new PendingTask(() -> {
            throw new AssertionError("forgotten tasks do not run");
        });
        pending.forget();
        pending.run();
    }

    @Test
    void theLongestDelayIsFarAwayAndNotNow() {
        AtomicInteger ran = new AtomicInteger();
        runtime.after(Duration.ofSeconds(Long.MAX_VALUE), ran::incrementAndGet);
        CompletableFuture<Boolean> later = new CompletableFuture<>();
        runtime.after(Duration.ofMillis(1), () -> later.complete(true));
        later.join();
        assertThat(ran).hasValue(0);
    }

    @Test
    @DisplayName("A pool survives what its tasks throw")
    void aTaskThatThrowsEndsNoThread() {
        for (int i = 0; i < 9; i++) {
            runtime.io().execute(() -> {
                throw new IllegalStateException("a test's own");
            });
        }
        assertThat(threadOf(runtime.io()).getName()).matches("resilver-h1-io-[1-8]");
    }

    @Test
    void sinksThatHangTakeNoThreadFromTheDisks() {
        for (int i = 0; i < 100; i++) {
            runtime.sinks().execute(this::hang);
        }
        assertThat(threadOf(runtime.io())).isNotNull();
        assertThat(threadOf(runtime.workers())).isNotNull();
    }

    @Test
    @DisplayName(
            "R22: tasks that hang hold up no others: other threads are there in their place, and end when they come back")
    void whatHangsIsReplaced() throws InterruptedException {
        NamedPool pool = new NamedPool("pool-", 2, () -> {});
        CountDownLatch begun = new CountDownLatch(3);
        try {
            for (int i = 0; i < 3; i++) {
                pool.execute(() -> {
                    begun.countDown();
                    hang();
                });
            }
            AtomicInteger ran = new AtomicInteger();
            pool.execute(ran::incrementAndGet);
            await().until(() -> begun.getCount() == 1);
            assertThat(ran).as("two hang, and there are two threads").hasValue(0);

            long later = System.nanoTime() + Duration.ofSeconds(11).toNanos();
            pool.replaceHanging(later, Duration.ofSeconds(10), 5);
            await().untilAtomic(ran, is(1));
            begun.await();
            pool.replaceHanging(later, Duration.ofSeconds(10), 5);
            assertThat(pool.getMaximumPoolSize())
                    .as("two, and one for each that hangs")
                    .isEqualTo(5);
            pool.replaceHanging(later, Duration.ofSeconds(10), 2);
            assertThat(pool.getMaximumPoolSize())
                    .as("no more than there may be")
                    .isEqualTo(4);

            gate.countDown();
            await().until(() -> pool.getActiveCount() == 0);
            pool.replaceHanging(later, Duration.ofSeconds(10), 5);
            assertThat(pool.getCorePoolSize()).isEqualTo(2);
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void whatIsQueuedWhenItClosesStillRuns() {
        AtomicInteger ran = new AtomicInteger();
        CountDownLatch begun = new CountDownLatch(1);
        runtime.io().execute(() -> {
            begun.countDown();
            hang();
        });
        for (int i = 0; i < 50; i++) {
            runtime.io().execute(ran::incrementAndGet);
        }
        gate.countDown();
        assertThat(runtime.close(Duration.ofMinutes(1))).isTrue();
        assertThat(ran).hasValue(50);
        assertThat(runtime.dropped()).isZero();
    }

    @Test
    void closingInterruptsWhatDoesNotEndAndCountsWhatNeverBegan() {
        CountDownLatch begun = new CountDownLatch(8);
        for (int i = 0; i < 8; i++) {
            runtime.io().execute(() -> {
                begun.countDown();
                hang();
            });
        }
        runtime.io().execute(() -> {});
        await().until(() -> begun.getCount() == 0);
        assertThat(runtime.close(Duration.ZERO)).isTrue();
        assertThat(runtime.dropped()).isEqualTo(1);
    }

    @Test
    @DisplayName("A late answer after the end is dropped and counted; its sender gets no exception")
    void workAfterTheEndIsDroppedAndCounted() {
        runtime.close();
        runtime.workers().execute(() -> {});
        runtime.io().execute(() -> {});
        runtime.sinks().execute(() -> {});
        runtime.after(Duration.ZERO, () -> {}).cancel();
        assertThat(runtime.dropped()).isEqualTo(4);
    }

    @Test
    @DisplayName("R3, R5: ids do not repeat, also not between runtimes that start together")
    void randomValuesDoNotRepeat() {
        Set<Long> seen = new HashSet<>();
        try (ThreadedRuntime other = new ThreadedRuntime(new HostId("h2"))) {
            for (int i = 0; i < 1_000; i++) {
                assertThat(seen.add(runtime.random().nextLong())).isTrue();
                assertThat(seen.add(other.random().nextLong())).isTrue();
            }
        }
    }

    @Test
    void theClockNeverGoesBack() {
        long before = runtime.clock().nanos();
        for (int i = 0; i < 10_000; i++) {
            long now = runtime.clock().nanos();
            assertThat(now - before).isNotNegative();
            before = now;
        }
    }

    private void hang() {
        try {
            gate.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Thread threadOf(Executor executor) {
        return CompletableFuture.supplyAsync(Thread::currentThread, executor).join();
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(Thread::isAlive)
                .map(Thread::getName)
                .filter(name -> name.startsWith("resilver-h1-"))
                .toList();
    }
}
