package io.resilver.plugin.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.resilver.plugin.config.DriverConfiguration;
import io.resilver.plugin.config.ProviderKeys;
import io.resilver.spi.error.BudgetExceededException;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.error.UntrustedException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import io.resilver.spi.plan.Decision;
import io.resilver.spi.plan.Reason;
import io.resilver.spi.policy.NextAttempt;
import io.resilver.spi.policy.RecoveryPolicy;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DefaultPolicyTest {
    private static final String PREFIX = "resilver.policy.default.";
    private static final ReplicaId REPLICA = new ReplicaId(new VolumeId("v1"), "r1");
    private static final Decision DECISION = new Decision.ZeroGap(Reason.AT_COMMITTED, true, 1);

    @Test
    void withNoKeySetItIsThePolicyOfTheSpi() throws Exception {
        RecoveryPolicy plain = new RecoveryPolicy() {};
        RecoveryPolicy policy = policy(Map.of());
        assertThat(policy.budgets(REPLICA, DECISION)).isEqualTo(plain.budgets(REPLICA, DECISION));
        assertThat(policy.grace(REPLICA)).isEqualTo(plain.grace(REPLICA));
        assertThat(policy.bytesPerSecond(REPLICA, DECISION)).isEmpty();
        assertThat(policy.bytesPerSecondBesideWrites(REPLICA, DECISION))
                .isEqualTo(plain.bytesPerSecondBesideWrites(REPLICA, DECISION))
                .isPresent();
        assertThat(policy(Map.of("bytes-per-second-beside-writes", "0")).bytesPerSecondBesideWrites(REPLICA, DECISION))
                .isEmpty();
    }

    @Test
    @DisplayName("R14, R20: the bounds are configurable, and no key is left that nobody asks for")
    void everyBoundIsConfigurable() throws Exception {
        RecoveryPolicy policy = policy(Map.of(
                "no-progress-ms", "11",
                "pin-bytes", "12",
                "pin-age-ms", "13",
                "grace-ms", "14",
                "untrusted-back-off-ms", "16",
                "catch-ups-before-rebuild", "2",
                "bytes-per-second", "15",
                "bytes-per-second-beside-writes", "17"));
        assertThat(policy.budgets(REPLICA, DECISION).noProgress()).isEqualTo(Duration.ofMillis(11));
        assertThat(policy.budgets(REPLICA, DECISION).pinBytes()).isEqualTo(12);
        assertThat(policy.budgets(REPLICA, DECISION).pinAge()).isEqualTo(Duration.ofMillis(13));
        assertThat(policy.grace(REPLICA)).isEqualTo(Duration.ofMillis(14));
        assertThat(policy.leastGrace()).contains(Duration.ofMillis(14));
        assertThat(policy.bytesPerSecond(REPLICA, DECISION)).hasValue(15);
        assertThat(policy.bytesPerSecondBesideWrites(REPLICA, DECISION)).hasValue(17);
        assertThat(policy.afterFailure(REPLICA, new UntrustedException("x"), 9))
                .isInstanceOfSatisfying(
                        NextAttempt.Again.class,
                        again -> assertThat(again.after()).isEqualTo(Duration.ofMillis(16)));
        assertThat(policy.afterFailure(REPLICA, new LogTrimmedException("x", 1), 2))
                .isInstanceOf(NextAttempt.Rebuild.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "no-progress-ms",
                "pin-bytes",
                "pin-age-ms",
                "grace-ms",
                "untrusted-back-off-ms",
                "catch-ups-before-rebuild",
                "bytes-per-second"
            })
    void aBoundOfZeroWouldEndEveryRecoveryAndIsRefused(String key) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> policy(Map.of(key, "0")))
                .withMessageContaining(PREFIX + key + " = '0'");
    }

    @Test
    @DisplayName("R14: catch-ups that keep failing in a way that a rebuild avoids become a rebuild")
    void repeatedLossOfTheLogOrOfProgressBecomesARebuild() throws Exception {
        RecoveryPolicy policy = policy(Map.of());
        int most = RecoveryPolicy.CATCH_UPS_BEFORE_REBUILD;
        for (RecoveryException cause : new RecoveryException[] {
            new LogTrimmedException("x", 1),
            new BudgetExceededException("x", BudgetExceededException.Budget.NO_PROGRESS)
        }) {
            assertThat(policy.afterFailure(REPLICA, cause, most - 1)).isInstanceOf(NextAttempt.Again.class);
            assertThat(policy.afterFailure(REPLICA, cause, most)).isInstanceOf(NextAttempt.Rebuild.class);
        }
    }

    @Test
    void aPeerThatIsAwayIsNeverRebuiltForThatAndWhatCannotSucceedIsNeverRetried() throws Exception {
        RecoveryPolicy policy = policy(Map.of());
        assertThat(policy.afterFailure(REPLICA, new RetriableException("x", Duration.ZERO), 1_000))
                .isInstanceOf(NextAttempt.Again.class);
        assertThat(policy.afterFailure(REPLICA, new PermanentException("x"), 1_000))
                .isInstanceOf(NextAttempt.GiveUp.class);
    }

    private static RecoveryPolicy policy(Map<String, String> keys) throws PermanentException {
        Map<String, String> all = new HashMap<>(Map.of("resilver.coordination.mode", "external"));
        keys.forEach((key, value) -> all.put(PREFIX + key, value));
        ProviderKeys ofProviders = DriverConfiguration.read(all).ofProviders();
        RecoveryPolicy policy = new DefaultPolicy(ofProviders.scope("policy", "default"));
        ofProviders.refuseUnknown();
        return policy;
    }
}
