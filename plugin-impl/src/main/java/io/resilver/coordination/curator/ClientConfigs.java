package io.resilver.coordination.curator;

import java.util.Optional;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.ClientX509Util;
import org.apache.zookeeper.common.X509Util;

/**
 * What a client of ZooKeeper is told. The library takes what it is not told from system properties, which are the whole
 * process's: so everything that concerns security is told (R43).
 */
final class ClientConfigs {
    private static final String NETTY = "org.apache.zookeeper.ClientCnxnSocketNetty";
    private static final String PEM = "PEM";
    private static final String NONE = "";

    private ClientConfigs() {}

    static ZKClientConfig of(Optional<ZooKeeperTls> tls) {
        ZKClientConfig config = new ZKClientConfig();
        // SASL logs in by the one JAAS configuration of the process, so that it cannot be configured for one client.
        config.setProperty(ZKClientConfig.ENABLE_CLIENT_SASL_KEY, "false");
        config.setProperty(ZKClientConfig.SECURE_CLIENT, Boolean.toString(tls.isPresent()));
        tls.ifPresent(files -> secure(config, files));
        return config;
    }

    private static void secure(ZKClientConfig config, ZooKeeperTls tls) {
        config.setProperty(ZKClientConfig.ZOOKEEPER_CLIENT_CNXN_SOCKET, NETTY);
        try (ClientX509Util names = new ClientX509Util()) {
            config.setProperty(
                    names.getSslTruststoreLocationProperty(), tls.trust().toString());
            config.setProperty(names.getSslTruststoreTypeProperty(), PEM);
            config.setProperty(names.getSslTruststorePasswdProperty(), NONE);
            config.setProperty(names.getSslTruststorePasswdPathProperty(), NONE);
            config.setProperty(
                    names.getSslKeystoreLocationProperty(),
                    tls.identity().map(Object::toString).orElse(NONE));
            config.setProperty(names.getSslKeystoreTypeProperty(), PEM);
            config.setProperty(names.getSslKeystorePasswdProperty(), NONE);
            config.setProperty(names.getSslKeystorePasswdPathProperty(), NONE);
            config.setProperty(names.getSslProtocolProperty(), X509Util.DEFAULT_PROTOCOL);
            config.setProperty(names.getSslEnabledProtocolsProperty(), X509Util.TLS_1_3 + "," + X509Util.TLS_1_2);
            config.setProperty(names.getSslHostnameVerificationEnabledProperty(), "true");
            config.setProperty(names.getSslProviderProperty(), "JDK");
            // The platform's own verification of host names, instead of the library's.
            config.setProperty(names.getFipsModeProperty(), "true");
        }
    }
}
