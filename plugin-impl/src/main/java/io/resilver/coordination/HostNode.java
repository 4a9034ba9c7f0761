package io.resilver.coordination;

import io.resilver.spi.model.HostId;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The ephemeral node of one process in one session. Another session of the same host is another node: a process that was
 * restarted does not own what its predecessor left behind.
 *
 * @param host the host's stable id
 * @param session the id of the session that owns the node
 */
public record HostNode(HostId host, long session) {
    private static final int HEX_DIGITS = 16;

    /**
     * The node's name among the hosts.
     *
     * @return {@code <host id>.<session id, 16 hex digits>}
     */
    public String name() {
        return host + "." + HexFormat.of().toHexDigits(session);
    }

    /**
     * Reads a name.
     *
     * @param name a child of the hosts' node
     * @return the node, or empty when the name has another form
     */
    public static Optional<HostNode> parse(String name) {
        int dot = name.length() - HEX_DIGITS - 1;
        if (dot < 1 || name.charAt(dot) != '.') {
            return Optional.empty();
        }
        try {
            HostNode node = new HostNode(
                    new HostId(name.substring(0, dot)), HexFormat.fromHexDigitsToLong(name.substring(dot + 1)));
            return node.name().equals(name) ? Optional.of(node) : Optional.empty();
        } catch (IllegalArgumentException notOurs) {
            return Optional.empty();
        }
    }

    @Override
    public String toString() {
        return name();
    }
}
