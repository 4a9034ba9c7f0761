package io.resilver.coordination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

/** R38: when a host may decide. */
class LeaseClockTest {
    private static final Duration LEASE = Duration.ofNanos(1_000);
    private long now;

    private LeaseClock at(long origin) {
        now = origin;
        return new LeaseClock(() -> now, LEASE);
    }

    /** R38: the lease counts from before the heartbeat was sent, whatever the clock's origin, also across an overflow. */
    @Property
    void theLeaseEndsItsLengthAfterTheAnchorHoweverLateTheAnswerCame(
            @ForAll long origin, @ForAll @LongRange(max = 3_000) long answerAfter) {
        LeaseClock lease = at(origin);
        now = origin + answerAfter;
        lease.acknowledged(origin);
        assertThat(lease.valid()).isEqualTo(answerAfter < LEASE.toNanos());
        now = origin + LEASE.toNanos() - 1;
        assertThat(lease.valid()).isTrue();
        now = origin + LEASE.toNanos();
        assertThat(lease.valid()).isFalse();
    }

    /** R38: answers may overtake each other; an older one takes nothing away. */
    @Property
    void theLatestAnchorCounts(
            @ForAll long origin, @ForAll @LongRange(max = 900) long first, @ForAll @LongRange(max = 900) long second) {
        LeaseClock lease = at(origin);
        lease.acknowledged(origin + first);
        lease.acknowledged(origin + second);
        now = origin + Math.max(first, second) + LEASE.toNanos() - 1;
        assertThat(lease.valid()).isTrue();
        now++;
        assertThat(lease.valid()).isFalse();
    }

    /** R38: without an acknowledgement there is no lease, at the beginning and after the node was lost. */
    @Test
    void thereIsNoLeaseBeforeTheFirstAnswerAndAfterTheNodeIsGone() {
        LeaseClock lease = at(0);
        assertThat(lease.valid()).isFalse();
        lease.acknowledged(0);
        assertThat(lease.valid()).isTrue();
        lease.revoke();
        assertThat(lease.valid()).isFalse();
    }

    @Property
    @Label(
            "R38: with a third of the session timeout for the tick, the lease ends before the session can, whatever the tick")
    void theLeaseEndsBeforeTheSessionCanWhateverTheTick(
            @ForAll @LongRange(min = 100, max = 100_000) long sessionMillis,
            @ForAll @LongRange(min = 1, max = 50) long tickPercent,
            @ForAll @LongRange(min = 1, max = 8) long heartbeatPercent) {
        Duration session = Duration.ofMillis(sessionMillis);
        Duration heartbeat = session.multipliedBy(heartbeatPercent).dividedBy(100);
        Duration lease = new LeaseSettings(session, session.dividedBy(3), heartbeat).lease();
        Duration tick = session.multipliedBy(tickPercent).dividedBy(100);
        assertThat(lease).isLessThan(session.minus(tick).minus(heartbeat));
    }

    /** R38: half the session timeout, less a tick and a heartbeat interval. */
    @Test
    void theLeaseIsShorterThanWhatTheServerGrants() {
        LeaseSettings settings =
                new LeaseSettings(Duration.ofSeconds(10), Duration.ofSeconds(2), Duration.ofMillis(500));
        assertThat(settings.lease()).isEqualTo(Duration.ofMillis(2_500));
        assertThatThrownBy(
                        () -> new LeaseSettings(Duration.ofSeconds(6), Duration.ofSeconds(2), Duration.ofMillis(500)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("raise the session timeout");
    }
}
