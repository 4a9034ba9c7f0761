package io.resilver.plugin.policy;

import io.resilver.spi.ProviderContext;
import io.resilver.spi.policy.RecoveryPolicy;
import io.resilver.spi.policy.RecoveryPolicyProvider;

/** The built-in policy, {@code default}. Its keys are {@code resilver.policy.default.…}: see {@link DefaultPolicy}. */
public final class DefaultPolicyProvider implements RecoveryPolicyProvider {
    @Override
    public String name() {
        return "default";
    }

    @Override
    public RecoveryPolicy open(ProviderContext context) {
        return new DefaultPolicy(context.configuration());
    }
}
