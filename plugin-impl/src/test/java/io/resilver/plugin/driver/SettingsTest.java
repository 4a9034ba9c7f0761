package io.resilver.plugin.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.coordination.TakeOverSettings;
import io.resilver.execution.LeaderOptions;
import io.resilver.execution.scrub.ScrubOptions;
import io.resilver.host.HostSettings;
import io.resilver.plugin.config.DriverConfiguration;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.policy.RecoveryPolicy;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What an operator configures is what a host goes by. */
class SettingsTest {
    private static HostSettings of(Map<String, String> keys) throws Exception {
        return Settings.of(DriverConfiguration.read(keys));
    }

    @Test
    @DisplayName("R37: reads are served for the read lease less the drift allowed; a new primary waits all of it")
    void theReadLease() throws Exception {
        LeaderOptions leader = of(Map.of(
                        "resilver.coordination.connect", "zk:2181",
                        "resilver.coordination.read-lease-ms", "800",
                        "resilver.coordination.clock-drift-percent", "25"))
                .leader();
        assertThat(leader.readLease()).isEqualTo(Duration.ofMillis(800));
        assertThat(leader.servedFor()).isEqualTo(Duration.ofMillis(600));
        assertThat(leader.tick()).isEqualTo(Duration.ofMillis(200));

        LeaderOptions byDefault =
                of(Map.of("resilver.coordination.connect", "zk:2181")).leader();
        assertThat(byDefault.readLease()).isEqualTo(Duration.ofSeconds(1));
        assertThat(byDefault.servedFor()).isEqualTo(Duration.ofMillis(990));
    }

    private static void requireFit(long leaseMs, Duration grace) throws Exception {
        Settings.requireFit(
                DriverConfiguration.read(Map.of(
                        "resilver.coordination.connect",
                        "zk:2181",
                        "resilver.coordination.read-lease-ms",
                        Long.toString(leaseMs))),
                new RecoveryPolicy() {
                    @Override
                    public Optional<Duration> leastGrace() {
                        return Optional.of(grace);
                    }
                });
    }

    @Test
    @DisplayName(
            "R31, R37: a read lease in which members are asked too rarely for their grace is refused, and names both")
    void leaseAndGrace() throws Exception {
        assertThatThrownBy(() -> requireFit(10_000, Duration.ofSeconds(2)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("resilver.coordination.read-lease-ms = 10000")
                .hasMessageContaining("grace of 2000 ms")
                .hasMessageContaining("lower the lease to 4000 or less");
        assertThatThrownBy(() -> requireFit(4_004, Duration.ofSeconds(2))).isInstanceOf(PermanentException.class);
        requireFit(4_000, Duration.ofSeconds(2));
        Settings.requireFit(
                DriverConfiguration.read(Map.of(
                        "resilver.coordination.connect", "zk:2181",
                        "resilver.coordination.read-lease-ms", "10000")),
                new RecoveryPolicy() {});
    }

    @Test
    @DisplayName(
            "R38, R39: heartbeat and silence window are the configured ones; a broken connection has two heartbeats' grace")
    void patience() throws Exception {
        HostSettings settings = of(Map.of(
                "resilver.coordination.connect", "zk:2181",
                "resilver.coordination.heartbeat-ms", "70",
                "resilver.coordination.silence-ms", "1500"));
        assertThat(settings.heartbeat()).isEqualTo(Duration.ofMillis(70));
        TakeOverSettings takeOver = settings.takeOver();
        assertThat(takeOver.silenceWindow()).isEqualTo(Duration.ofMillis(1_500));
        assertThat(takeOver.linkGrace()).isEqualTo(Duration.ofMillis(140));
    }

    @Test
    @DisplayName("R51: slots, memory, batches and windows are the configured ones")
    void bounds() throws Exception {
        HostSettings settings = of(Map.of(
                "resilver.coordination.connect", "zk:2181",
                "resilver.recovery.slots", "3",
                "resilver.recovery.batch-bytes", "65536",
                "resilver.transport.window-bytes", "4194304"));
        assertThat(settings.recoverySlots()).isEqualTo(3);
        assertThat(settings.leader().batchBytes()).isEqualTo(65_536);
        assertThat(settings.leader().windowBytes()).isEqualTo(4_194_304);
    }

    @Test
    @DisplayName("R51: a scrub is off until it has a rate; its ranges are no larger than a batch")
    void scrub() throws Exception {
        ScrubOptions byDefault =
                of(Map.of("resilver.coordination.connect", "zk:2181")).leader().scrub();
        assertThat(byDefault).isEqualTo(ScrubOptions.OFF);
        ScrubOptions slow = of(Map.of(
                        "resilver.coordination.connect", "zk:2181",
                        "resilver.recovery.batch-bytes", "65536",
                        "resilver.scrub.bytes-per-second", "1000",
                        "resilver.scrub.interval-ms", "5000"))
                .leader()
                .scrub();
        assertThat(slow).isEqualTo(new ScrubOptions(1_000, 65_536, Duration.ofSeconds(5)));
    }
}
