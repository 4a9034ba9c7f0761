package io.resilver.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** R1, R13: the chart of a sender's states, every pair of it. */
class SenderStateTest {
    /** Where the first column of the chart stands. */
    private static final int COLUMNS = 16;

    /** Rows: from; columns in the order of the enum: to; x: may follow. */
    private static final String[] CHART = {
        //               ID CO FE PL WA RE KE IS BA UN GI CL
        "IDLE            .  x  .  .  .  .  .  .  .  .  .  x",
        "CONNECTING      x  .  x  .  .  .  .  .  x  .  x  x",
        "FENCING         x  .  .  x  .  .  .  .  x  .  x  x",
        "PLANNING        x  .  .  .  x  x  x  .  x  x  x  x",
        "WAITING         x  .  .  .  .  x  .  .  x  .  x  x",
        "RECOVERING      x  .  .  x  .  .  x  .  x  .  x  x",
        "KEEPING_UP      x  .  .  .  .  .  .  x  x  .  x  x",
        "IN_SYNC         x  .  .  .  .  .  x  .  x  .  x  x",
        "BACKING_OFF     x  x  .  .  .  .  .  .  .  .  x  x",
        "UNDECIDED       x  x  .  .  .  .  .  .  .  .  .  x",
        "GIVEN_UP        x  x  .  .  .  .  .  .  .  .  .  x",
        "CLOSED          .  .  .  .  .  .  .  .  .  .  .  .",
    };

    /** What the chart says of a pair. */
    static boolean chartAllows(SenderState from, SenderState to) {
        List<SenderState> all = List.of(SenderState.values());
        return CHART[all.indexOf(from)].charAt(COLUMNS + 3 * all.indexOf(to)) == 'x';
    }

    /** R13: what may follow what, over all pairs. */
    @Test
    void everyPairIsAsTheChartSays() {
        SenderState[] all = SenderState.values();
        assertThat(CHART).hasSameSizeAs(all);
        for (int from = 0; from < all.length; from++) {
            String name = CHART[from].substring(0, COLUMNS).trim();
            assertThat(name).isEqualTo(all[from].name());
            for (int to = 0; to < all.length; to++) {
                assertThat(all[from].mayBecome(all[to]))
                        .as(name + " to " + all[to])
                        .isEqualTo(CHART[from].charAt(COLUMNS + 3 * to) == 'x');
            }
        }
    }

    /** R1: a session begins at one place only. */
    @Test
    void aStateWithASessionIsEnteredFromOneWithoutOnlyByConnecting() {
        for (SenderState from : SenderState.values()) {
            for (SenderState to : from.next()) {
                if (!from.hasSession() && to.hasSession()) {
                    assertThat(to).isEqualTo(SenderState.CONNECTING);
                }
                assertThat(from.hasSession() && to == SenderState.CONNECTING)
                        .as("R1: a second session while " + from)
                        .isFalse();
            }
        }
    }
}
