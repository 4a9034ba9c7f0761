package io.resilver.coordination;

import io.resilver.spi.model.Endpoint;
import java.util.regex.Pattern;

/** An endpoint as {@code address:port}; the port is what follows the last colon, so that IPv6 addresses pass. */
public final class EndpointText {
    /** No space and no control character: an endpoint is one field of one line. 255 is the longest host name. */
    private static final Pattern ADDRESS = Pattern.compile("[A-Za-z0-9:\\[][A-Za-z0-9:\\[\\].%_-]{0,254}");

    private EndpointText() {}

    static String write(Endpoint endpoint) {
        return checked(endpoint).toString();
    }

    /**
     * Reads what the coordination service can carry.
     *
     * @param text {@code address:port}
     * @return the endpoint
     * @throws IllegalArgumentException when it is none
     */
    public static Endpoint read(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 1) {
            throw new IllegalArgumentException("'" + text + "' is not address:port");
        }
        return checked(new Endpoint(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1))));
    }

    private static Endpoint checked(Endpoint endpoint) {
        if (!ADDRESS.matcher(endpoint.address()).matches()) {
            throw new IllegalArgumentException("address '" + endpoint.address()
                    + "' is not allowed: use a host name or an address of at most 255 characters");
        }
        return endpoint;
    }
}
