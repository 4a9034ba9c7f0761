package io.resilver.transport.codec;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import java.nio.ByteBuffer;
import java.util.Optional;

/** The bodies of frames that open and end streams and connections. */
public final class Control {
    private Control() {}

    /**
     * Writes whose stream is opened.
     *
     * @param out where to
     * @param replica the stream's replica
     * @throws WireException never, since it always fits
     */
    public static void writeReplica(ByteWriter out, ReplicaId replica) throws WireException {
        Values.write(out, replica);
    }

    /**
     * Reads whose stream is opened.
     *
     * @param body a whole body
     * @return the replica
     * @throws WireException when it is malformed
     */
    public static ReplicaId readReplica(ByteBuffer body) throws WireException {
        return ByteReader.whole(body, Values::replica);
    }

    /**
     * Writes why something ends.
     *
     * @param out where to
     * @param why the error, or empty when it simply ends
     * @throws WireException never, since it always fits
     */
    public static void writeEnd(ByteWriter out, Optional<RecoveryException> why) throws WireException {
        out.optional(why, Errors::write);
    }

    /**
     * Reads why something ends.
     *
     * @param body a whole body
     * @return the error, or empty when it simply ends
     * @throws WireException when it is malformed
     */
    public static Optional<RecoveryException> readEnd(ByteBuffer body) throws WireException {
        return ByteReader.whole(body, in -> in.optional(Errors::read));
    }
}
