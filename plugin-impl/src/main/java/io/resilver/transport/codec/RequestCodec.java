package io.resilver.transport.codec;

import io.resilver.replica.link.RangeKey;
import io.resilver.replica.link.Request;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import java.util.OptionalLong;

/** Requests as frames. */
public final class RequestCodec {
    private RequestCodec() {}

    /**
     * The type of a request's frame.
     *
     * @param request any request
     * @return its type
     */
    public static FrameType type(Request request) {
        if (request instanceof Request.Append) {
            return FrameType.APPEND;
        } else if (request instanceof Request.BaseRange) {
            return FrameType.BASE_RANGE;
        } else if (request instanceof Request.Ask) {
            return FrameType.ASK;
        } else if (request instanceof Request.Fence) {
            return FrameType.FENCE;
        } else if (request instanceof Request.Truncate) {
            return FrameType.TRUNCATE;
        } else if (request instanceof Request.BaseBegin) {
            return FrameType.BASE_BEGIN;
        } else if (request instanceof Request.BaseOffer) {
            return FrameType.BASE_OFFER;
        } else if (request instanceof Request.DigestLog) {
            return FrameType.DIGEST_LOG;
        } else if (request instanceof Request.DigestImage) {
            return FrameType.DIGEST_IMAGE;
        }
        return FrameType.BASE_COMMIT;
    }

    /**
     * Writes the body of a request; its replica is the stream's.
     *
     * @param out where to
     * @param request what to write
     * @throws WireException when it fits in no frame
     */
    public static void write(ByteWriter out, Request request) throws WireException {
        Values.write(out, request.token());
        if (request instanceof Request.Sequenced sequenced) {
            out.i64(sequenced.sequence());
        }
        if (request instanceof Request.Append append) {
            Values.write(out, append.committedLsn());
            Values.write(out, append.batch());
        } else if (request instanceof Request.BaseRange range) {
            out.i64(range.index());
            out.bytes(range.data());
        } else if (request instanceof Request.Ask ask) {
            out.i64(ask.question());
        } else if (request instanceof Request.DigestLog digest) {
            out.i64(digest.question());
            out.i64(digest.afterLsn());
            out.i64(digest.upToLsn());
            out.i64(digest.entries());
            out.i64(digest.bytes());
        } else if (request instanceof Request.DigestImage digest) {
            out.i64(digest.question());
            out.i64(digest.lsn());
            out.i64(digest.offset());
            out.i32(digest.bytes());
        } else if (request instanceof Request.Truncate truncate) {
            out.i64(truncate.lsn());
        } else if (request instanceof Request.BaseBegin begin) {
            Values.write(out, begin.base());
            out.i64(begin.key().high());
            out.i64(begin.key().low());
        } else if (request instanceof Request.BaseOffer offer) {
            out.i64(offer.first());
            out.bytes(offer.digests());
        } else if (request instanceof Request.BaseCommit commit) {
            out.bytes(commit.digest());
        }
    }

    /**
     * Reads a request, to the last byte of its frame.
     *
     * @param frame a frame of a request's type
     * @param replica whose stream it came on
     * @return the request, which shares the frame's bytes
     * @throws WireException when it is malformed
     */
    public static Request read(Frame frame, ReplicaId replica) throws WireException {
        return ByteReader.whole(frame.body(), in -> read(frame.type(), replica, in));
    }

    private static Request read(FrameType type, ReplicaId replica, ByteReader in) throws WireException {
        Token token = Values.token(in);
        return switch (type) {
            case FENCE -> new Request.Fence(replica, token);
            case ASK -> new Request.Ask(replica, token, in.i64());
            case DIGEST_LOG -> new Request.DigestLog(replica, token, in.i64(), in.i64(), in.i64(), in.i64(), in.i64());
            case DIGEST_IMAGE -> new Request.DigestImage(replica, token, in.i64(), in.i64(), in.i64(), in.i32());
            case TRUNCATE -> new Request.Truncate(replica, token, in.i64(), in.i64());
            case APPEND -> append(replica, token, in);
            case BASE_BEGIN -> new Request.BaseBegin(replica, token, in.i64(), Values.base(in), key(in));
            case BASE_RANGE -> new Request.BaseRange(replica, token, in.i64(), in.i64(), in.bytes());
            case BASE_OFFER -> new Request.BaseOffer(replica, token, in.i64(), in.i64(), in.bytes());
            case BASE_COMMIT -> new Request.BaseCommit(replica, token, in.i64(), in.bytes());
            default -> throw WireException.malformed("a frame of type " + type + " is no request");
        };
    }

    private static RangeKey key(ByteReader in) throws WireException {
        return new RangeKey(in.i64(), in.i64());
    }

    private static Request append(ReplicaId replica, Token token, ByteReader in) throws WireException {
        long sequence = in.i64();
        OptionalLong committed = Values.optionalLong(in);
        return new Request.Append(replica, token, sequence, Values.batch(in), committed);
    }
}
