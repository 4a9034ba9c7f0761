package io.resilver.bench.many;

import io.resilver.spi.ProviderContext;
import io.resilver.spi.policy.RecoveryPolicy;
import io.resilver.spi.policy.RecoveryPolicyProvider;

/** Finds the policy that the host lends, under the name {@code many}. */
public final class ManyPolicyProvider implements RecoveryPolicyProvider {
    /** Found by {@link java.util.ServiceLoader}. */
    public ManyPolicyProvider() {}

    @Override
    public String name() {
        return "many";
    }

    @Override
    public RecoveryPolicy open(ProviderContext context) {
        return context.lent(ManyPolicy.class).orElseGet(ManyPolicy::new);
    }
}
