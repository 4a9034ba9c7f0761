package io.resilver.host.product;

import io.resilver.spi.ProviderContext;
import io.resilver.spi.policy.RecoveryPolicy;
import io.resilver.spi.policy.RecoveryPolicyProvider;

/** Finds the host's policy under the name {@code host}. It uses the {@link RecoveryRate} that the host lends, if it does. */
public final class HostPolicyProvider implements RecoveryPolicyProvider {
    /** Found by {@link java.util.ServiceLoader}. */
    public HostPolicyProvider() {}

    @Override
    public String name() {
        return "host";
    }

    @Override
    public RecoveryPolicy open(ProviderContext context) {
        return new HostPolicy(
                context.configuration(), context.lent(RecoveryRate.class).orElseGet(RecoveryRate::new));
    }
}
