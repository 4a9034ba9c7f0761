package io.resilver.execution;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The host's slots and bytes. */
class RecoverySchedulerTest {
    private final RecoveryScheduler scheduler = new RecoveryScheduler(2, 100);
    private final List<String> begun = new ArrayList<>();

    @Test
    @DisplayName("R21: more recoveries than slots wait; higher priority goes first, then first come, first served")
    void order() {
        RecoveryScheduler.Slot first = ask("1", 0);
        ask("2", 0);
        ask("3", 0);
        ask("4", 5);
        ask("5", 5);
        assertThat(begun).containsExactly("1", "2");
        assertThat(scheduler.waiting()).isEqualTo(3);
        first.close();
        assertThat(begun).containsExactly("1", "2", "4");
        assertThat(scheduler.active()).isEqualTo(2);
    }

    @Test
    @DisplayName("R12: a slot is given back once, however often it is closed, and a wait that is closed never begins")
    void closedOnce() {
        RecoveryScheduler.Slot first = ask("1", 0);
        ask("2", 0);
        RecoveryScheduler.Slot waits = ask("3", 0);
        waits.close();
        waits.close();
        first.close();
        first.close();
        assertThat(begun).containsExactly("1", "2");
        assertThat(scheduler.active()).isEqualTo(1);
        assertThat(scheduler.waiting()).isZero();
    }

    @Test
    @DisplayName(
            "R51: bytes under way are bounded over all recoveries; who could not take any hears when some come back")
    void bytes() {
        assertThat(scheduler.takeBytes(60, () -> begun.add("x"))).isTrue();
        assertThat(scheduler.takeBytes(60, () -> begun.add("retry"))).isFalse();
        assertThat(begun).isEmpty();
        scheduler.giveBytes(60);
        assertThat(begun).containsExactly("retry");
        assertThat(scheduler.bytesUnderWay()).isZero();
    }

    @Test
    @DisplayName("R51: what is larger than the whole budget goes when nothing else is under way")
    void largerThanAll() {
        assertThat(scheduler.takeBytes(500, () -> {})).isTrue();
        assertThat(scheduler.takeBytes(1, () -> begun.add("retry"))).isFalse();
        scheduler.giveBytes(500);
        assertThat(begun).containsExactly("retry");
    }

    private RecoveryScheduler.Slot ask(String name, int priority) {
        return scheduler.acquireSlot(priority, () -> begun.add(name));
    }
}
