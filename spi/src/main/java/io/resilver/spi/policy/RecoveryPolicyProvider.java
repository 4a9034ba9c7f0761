package io.resilver.spi.policy;

import io.resilver.spi.Api;
import io.resilver.spi.Provider;

/**
 * Finds a policy. Named in {@code META-INF/services/io.resilver.spi.policy.RecoveryPolicyProvider}; selected with the key
 * {@code resilver.policy.name}. The driver brings one named {@code default}.
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public interface RecoveryPolicyProvider extends Provider<RecoveryPolicy> {}
