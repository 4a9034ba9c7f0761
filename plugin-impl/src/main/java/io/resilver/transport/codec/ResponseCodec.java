package io.resilver.transport.codec;

import io.resilver.replica.link.Response;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;

/** Responses as frames. */
public final class ResponseCodec {
    private ResponseCodec() {}

    /**
     * The type of a response's frame.
     *
     * @param response any response
     * @return its type
     */
    public static FrameType type(Response response) {
        if (response instanceof Response.Durable) {
            return FrameType.DURABLE;
        } else if (response instanceof Response.BaseDurable) {
            return FrameType.BASE_DURABLE;
        } else if (response instanceof Response.Answered) {
            return FrameType.ANSWERED;
        } else if (response instanceof Response.Fenced) {
            return FrameType.FENCED;
        } else if (response instanceof Response.Refused) {
            return FrameType.REFUSED;
        } else if (response instanceof Response.Truncated) {
            return FrameType.TRUNCATED;
        } else if (response instanceof Response.BaseReady) {
            return FrameType.BASE_READY;
        } else if (response instanceof Response.BaseCandidates) {
            return FrameType.BASE_CANDIDATES;
        } else if (response instanceof Response.BaseWanted) {
            return FrameType.BASE_WANTED;
        } else if (response instanceof Response.Installed) {
            return FrameType.INSTALLED;
        } else if (response instanceof Response.LogDigest) {
            return FrameType.LOG_DIGEST;
        } else if (response instanceof Response.NotDigested) {
            return FrameType.NOT_DIGESTED;
        } else if (response instanceof Response.ImageDigest) {
            return FrameType.IMAGE_DIGEST;
        }
        return FrameType.FAILED;
    }

    /**
     * Writes the body of a response; its replica is the stream's.
     *
     * @param out where to
     * @param response what to write
     * @throws WireException when it fits in no frame
     */
    public static void write(ByteWriter out, Response response) throws WireException {
        Values.write(out, response.token());
        if (response instanceof Response.Durable durable) {
            out.i64(durable.covers());
            out.i64(durable.durableLsn());
        } else if (response instanceof Response.BaseDurable durable) {
            out.i64(durable.covers());
            out.i64(durable.ranges());
        } else if (response instanceof Response.Answered answered) {
            out.i64(answered.question());
        } else if (response instanceof Response.Fenced fenced) {
            out.text(fenced.adapter());
            Values.write(out, fenced.store());
            Values.write(out, fenced.position());
        } else if (response instanceof Response.Refused refused) {
            out.i64(refused.promisedEpoch());
            Values.writeMint(out, refused.promisedMint());
        } else if (response instanceof Response.Truncated truncated) {
            out.i64(truncated.covers());
            out.i64(truncated.lsn());
        } else if (response instanceof Response.BaseReady ready) {
            out.i64(ready.covers());
            Values.write(out, ready.durableRanges());
        } else if (response instanceof Response.BaseCandidates candidates) {
            out.i64(candidates.covers());
            out.i64(candidates.ranges());
        } else if (response instanceof Response.BaseWanted wanted) {
            out.i64(wanted.covers());
            out.i64(wanted.first());
            Values.write(out, wanted.ranges());
        } else if (response instanceof Response.Installed installed) {
            out.i64(installed.covers());
            out.i64(installed.lsn());
        } else if (response instanceof Response.LogDigest digest) {
            out.i64(digest.question());
            out.i64(digest.entries());
            out.bytes(digest.digest());
        } else if (response instanceof Response.ImageDigest digest) {
            out.i64(digest.question());
            out.bytes(digest.digest());
        } else if (response instanceof Response.NotDigested not) {
            out.i64(not.question());
            Errors.write(out, not.cause());
        } else if (response instanceof Response.Failed failed) {
            out.i64(failed.covers());
            Errors.write(out, failed.cause());
        }
    }

    /**
     * Reads a response, to the last byte of its frame.
     *
     * @param frame a frame of a response's type
     * @param replica whose stream it came on
     * @return the response
     * @throws WireException when it is malformed
     */
    public static Response read(Frame frame, ReplicaId replica) throws WireException {
        return ByteReader.whole(frame.body(), in -> read(frame.type(), replica, in));
    }

    private static Response read(FrameType type, ReplicaId replica, ByteReader in) throws WireException {
        Token token = Values.token(in);
        return switch (type) {
            case FENCED ->
                new Response.Fenced(replica, token, in.text(), Values.storeIdentity(in), Values.position(in));
            case REFUSED -> new Response.Refused(replica, token, in.i64(), Values.mint(in));
            case ANSWERED -> new Response.Answered(replica, token, in.i64());
            case TRUNCATED -> new Response.Truncated(replica, token, in.i64(), in.i64());
            case DURABLE -> new Response.Durable(replica, token, in.i64(), in.i64());
            case BASE_READY -> new Response.BaseReady(replica, token, in.i64(), Values.bitSet(in));
            case BASE_DURABLE -> new Response.BaseDurable(replica, token, in.i64(), in.i64());
            case BASE_CANDIDATES -> new Response.BaseCandidates(replica, token, in.i64(), in.i64());
            case BASE_WANTED -> new Response.BaseWanted(replica, token, in.i64(), in.i64(), Values.bitSet(in));
            case INSTALLED -> new Response.Installed(replica, token, in.i64(), in.i64());
            case LOG_DIGEST -> new Response.LogDigest(replica, token, in.i64(), in.i64(), in.bytes());
            case IMAGE_DIGEST -> new Response.ImageDigest(replica, token, in.i64(), in.bytes());
            case NOT_DIGESTED -> new Response.NotDigested(replica, token, in.i64(), Errors.read(in));
            case FAILED -> new Response.Failed(replica, token, in.i64(), Errors.read(in));
            default -> throw WireException.malformed("a frame of type " + type + " is no response");
        };
    }
}
