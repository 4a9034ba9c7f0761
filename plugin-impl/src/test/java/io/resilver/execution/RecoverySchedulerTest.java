package io.resilver.execution;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The host's slots. */
class RecoverySchedulerTest {
    private static final VolumeId V = new VolumeId("v");
    private static final VolumeId W = new VolumeId("w");

    private RecoveryScheduler scheduler = new RecoveryScheduler(2, 2, 100);
    private final List<String> begun = new ArrayList<>();
    private final Map<String, RecoveryScheduler.Slot> slots = new HashMap<>();

    @Test
    @DisplayName("R21: more recoveries than slots wait; higher priority goes first, then first come, first served")
    void order() {
        ask(V, "h", "1", 0);
        ask(V, "h", "2", 0);
        ask(V, "h", "3", 0);
        ask(V, "h", "4", 5);
        ask(V, "h", "5", 5);
        assertThat(begun).containsExactly("1", "2");
        assertThat(scheduler.waiting()).isEqualTo(3);
        end("1");
        assertThat(begun).containsExactly("1", "2", "4");
        assertThat(scheduler.active()).isEqualTo(2);
    }

    @Test
    @DisplayName("R12: a slot is given back once, however often it is closed, and a wait that is closed never begins")
    void closedOnce() {
        ask(V, "h", "1", 0);
        ask(V, "h", "2", 0);
        ask(V, "h", "3", 0);
        end("3");
        end("3");
        end("1");
        end("1");
        assertThat(begun).containsExactly("1", "2");
        assertThat(scheduler.active()).isEqualTo(1);
        assertThat(scheduler.waiting()).isZero();
    }

    @Test
    @DisplayName("R21: volumes of one priority take turns: one with many replicas behind does not go before each other")
    void volumesTakeTurns() {
        scheduler = new RecoveryScheduler(1, 1, 100);
        for (String each : List.of("v1", "v2", "v3", "v4")) {
            ask(V, "h", each, 0);
        }
        ask(W, "h", "w1", 0);
        ask(W, "h", "w2", 0);
        ask(V, "h", "urgent", 1);
        endOneByOne();
        assertThat(begun).containsExactly("v1", "urgent", "v2", "w1", "v3", "w2", "v4");
    }

    @Test
    @DisplayName(
            "R21: a volume that comes late waits for no more than the turn under way, and saves up none from before")
    void comesLate() {
        scheduler = new RecoveryScheduler(1, 1, 100);
        for (String each : List.of("v1", "v2", "v3", "v4", "v5")) {
            ask(V, "h", each, 0);
        }
        end("v1");
        end("v2");
        for (String each : List.of("w1", "w2")) {
            ask(W, "h", each, 0);
        }
        endOneByOne();
        assertThat(begun).containsExactly("v1", "v2", "v3", "v4", "w1", "v5", "w2");
    }

    @Test
    @DisplayName(
            "R21: a host has no more than its share of the slots, and those that wait for it hold nobody else back")
    void capPerPeer() {
        scheduler = new RecoveryScheduler(3, 2, 100);
        for (String each : List.of("slow1", "slow2", "slow3", "slow4")) {
            ask(V, "slow", each, 9);
        }
        assertThat(begun).containsExactly("slow1", "slow2");
        ask(W, "other", "other1", 0);
        assertThat(begun).containsExactly("slow1", "slow2", "other1");
        end("other1");
        assertThat(scheduler.active()).isEqualTo(2);
        end("slow2");
        assertThat(begun).containsExactly("slow1", "slow2", "other1", "slow3");
    }

    @Test
    @DisplayName("R21: nothing is kept of those that waited, whatever became of them")
    void forgets() {
        SlotQueue queue = new SlotQueue(1);
        List<SlotQueue.Entry> entries = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            entries.add(queue.add(new HostId("h" + i % 3), new VolumeId("v" + i % 5), i % 7, () -> {}));
        }
        List<SlotQueue.Entry> taken = new ArrayList<>();
        queue.next().ifPresent(taken::add);
        queue.next().ifPresent(taken::add);
        entries.removeAll(taken);
        entries.forEach(each -> assertThat(queue.remove(each)).isTrue());
        taken.forEach(each -> assertThat(queue.remove(each)).isFalse());
        assertThat(queue.isEmpty()).isFalse();
        taken.forEach(queue::done);
        assertThat(queue.isEmpty()).isTrue();
    }

    private void ask(VolumeId volume, String host, String name, int priority) {
        slots.put(
                name,
                scheduler.acquireSlot(new ReplicaId(volume, name), new HostId(host), priority, () -> begun.add(name)));
    }

    private void end(String name) {
        Objects.requireNonNull(slots.get(name), name).close();
    }

    private void endOneByOne() {
        for (int i = 0; i < begun.size(); i++) {
            end(begun.get(i));
        }
    }
}
