package io.resilver.transport.codec;

import io.resilver.spi.error.PermanentException;
import io.resilver.spi.model.HostId;
import java.nio.ByteBuffer;

/**
 * What each end says first. Its form never changes, so that any two versions can find out that they do not fit.
 *
 * @param least the oldest protocol version that the end speaks
 * @param greatest the newest one
 * @param self which host speaks
 * @param peer which host it means to speak to
 */
public record Hello(int least, int greatest, HostId self, HostId peer) {
    /** The oldest protocol version that this build speaks. Nothing was released: until then forms may change within a version. */
    public static final int LEAST_VERSION = 1;

    /** The newest protocol version that this build speaks. */
    public static final int GREATEST_VERSION = 4;

    /** First in the body: tells a peer of another kind from an older version. */
    private static final int MAGIC = 0x52534C56; // "RSLV"

    /**
     * What this build says.
     *
     * @param self this host
     * @param peer the host that should be at the other end
     * @return the hello
     */
    public static Hello of(HostId self, HostId peer) {
        return new Hello(LEAST_VERSION, GREATEST_VERSION, self, peer);
    }

    /**
     * The version that two ends speak: the highest that both know.
     *
     * @param theirs what the other end said
     * @return the version
     * @throws PermanentException naming both ends, when the hosts are not who they were taken for or no version fits
     */
    public int agree(Hello theirs) throws PermanentException {
        if (!theirs.self.equals(peer) || !theirs.peer.equals(self)) {
            throw new PermanentException(
                    "host " + self + " means to speak to host " + peer + ", but host " + theirs.self
                            + " is there and means to speak to host " + theirs.peer
                            + ": correct the endpoint or the host id of one of them");
        }
        int version = Math.min(greatest, theirs.greatest);
        if (version < Math.max(least, theirs.least)) {
            throw new PermanentException("host " + self + " speaks protocol versions " + least + " to " + greatest
                    + ", host " + theirs.self + " speaks " + theirs.least + " to " + theirs.greatest
                    + ": upgrade the older one first to a release that both know");
        }
        return version;
    }

    /**
     * Writes the body.
     *
     * @param out where to
     * @throws WireException never, since it always fits
     */
    public void write(ByteWriter out) throws WireException {
        out.i32(MAGIC);
        out.i32(least);
        out.i32(greatest);
        out.id(self.value());
        out.id(peer.value());
    }

    /**
     * Reads a body.
     *
     * @param body a whole body
     * @return the hello
     * @throws WireException when it is malformed
     */
    public static Hello read(ByteBuffer body) throws WireException {
        return ByteReader.whole(body, in -> {
            if (in.i32() != MAGIC) {
                throw WireException.malformed("the peer does not speak Resilver's protocol");
            }
            return new Hello(in.i32(), in.i32(), new HostId(in.id()), new HostId(in.id()));
        });
    }
}
