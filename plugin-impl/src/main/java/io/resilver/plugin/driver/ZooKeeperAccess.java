package io.resilver.plugin.driver;

import io.resilver.coordination.curator.CuratorSettings;
import io.resilver.coordination.curator.ZooKeeperTls;
import io.resilver.plugin.config.DriverConfiguration;
import io.resilver.spi.error.PermanentException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** How a driver reaches ZooKeeper and who it is there, from its configuration (R43). The password goes nowhere else. */
final class ZooKeeperAccess {
    private ZooKeeperAccess() {}

    static CuratorSettings settings(DriverConfiguration configuration, String connect) throws PermanentException {
        Optional<CuratorSettings.Identity> identity = identity(configuration);
        Optional<ZooKeeperTls> tls = configuration
                .get(DriverConfiguration.COORDINATION_TLS_TRUST)
                .map(trust -> new ZooKeeperTls(
                        Path.of(trust),
                        configuration
                                .get(DriverConfiguration.COORDINATION_TLS_IDENTITY)
                                .map(Path::of)));
        try {
            return new CuratorSettings(
                    connect,
                    configuration.get(DriverConfiguration.COORDINATION_NAMESPACE),
                    configuration.get(DriverConfiguration.COORDINATION_SESSION_TIMEOUT),
                    configuration.get(DriverConfiguration.COORDINATION_CONNECT_TIMEOUT),
                    identity,
                    tls);
        } catch (IllegalArgumentException e) {
            throw new PermanentException(
                    "correct " + DriverConfiguration.COORDINATION_CONNECT.name() + " or "
                            + DriverConfiguration.COORDINATION_NAMESPACE.name() + ": " + e.getMessage(),
                    e);
        }
    }

    private static Optional<CuratorSettings.Identity> identity(DriverConfiguration configuration)
            throws PermanentException {
        Optional<String> user = configuration.get(DriverConfiguration.COORDINATION_USER);
        if (user.isEmpty()) {
            return Optional.empty();
        }
        if (user.get().contains(":")) {
            throw new PermanentException(DriverConfiguration.COORDINATION_USER.name() + " = '" + user.get()
                    + "' is not allowed: a colon ends the name in ZooKeeper's digest scheme");
        }
        Path file = Path.of(
                configuration.get(DriverConfiguration.COORDINATION_PASSWORD).orElseThrow());
        String proof = user.get() + ":" + password(file);
        return Optional.of(new CuratorSettings.Identity("digest", proof.getBytes(StandardCharsets.UTF_8)));
    }

    /** The one line of the file. An error names the file and never what is in it. */
    private static String password(Path file) throws PermanentException {
        String key = DriverConfiguration.COORDINATION_PASSWORD.name() + " = " + file;
        String text;
        try {
            text = Files.readString(file);
        } catch (IOException unreadable) {
            throw new PermanentException(
                    key + " cannot be read (" + unreadable.getClass().getSimpleName() + "): name a file in UTF-8 that"
                            + " this program may read",
                    unreadable);
        }
        String password = text.endsWith("\r\n")
                ? text.substring(0, text.length() - 2)
                : text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
        if (password.isBlank() || password.contains("\n") || password.contains("\r")) {
            throw new PermanentException(key + " must hold the password on its one line, and nothing else");
        }
        return password;
    }
}
