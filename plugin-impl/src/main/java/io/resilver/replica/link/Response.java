package io.resilver.replica.link;

import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.ReplicaPosition;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.Token;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Optional;

/** From a replica to the sender whose session it answers. {@code covers} is the last sequence number taken into account. */
public sealed interface Response {
    /** Of SHA-256. */
    int DIGEST_BYTES = 32;

    /** Which replica answers. */
    ReplicaId replica();

    /** Which session it answers. */
    Token token();

    /** The session is open, the epoch promised, and this is where the store stands. */
    record Fenced(ReplicaId replica, Token token, String adapter, StoreIdentity store, ReplicaPosition position)
            implements Response {}

    /** The token is too low, or of another mint: the session is over, or was never opened. */
    record Refused(ReplicaId replica, Token token, long promisedEpoch, Optional<MintId> promisedMint)
            implements Response {}

    /** A sign of life; the question's number is given back. */
    record Answered(ReplicaId replica, Token token, long question) implements Response {}

    /** The digest of the range that was asked about, and how many entries are in it; changes nothing that is counted. */
    record LogDigest(ReplicaId replica, Token token, long question, long entries, ByteBuffer digest)
            implements Response {
        /** Checks the length of the digest. */
        public LogDigest {
            requireWhole(digest);
        }
    }

    /** The digest of the part of the image that was asked about. */
    record ImageDigest(ReplicaId replica, Token token, long question, ByteBuffer digest) implements Response {
        /** Checks the length of the digest. */
        public ImageDigest {
            requireWhole(digest);
        }
    }

    private static void requireWhole(ByteBuffer digest) {
        if (digest.remaining() != DIGEST_BYTES) {
            throw new IllegalArgumentException("a digest has " + DIGEST_BYTES + " bytes, not " + digest.remaining());
        }
    }

    /** The range could not be digested, and the cause says why; the session goes on. */
    record NotDigested(ReplicaId replica, Token token, long question, RecoveryException cause) implements Response {}

    /** The log now ends at this LSN, physically and durably. */
    record Truncated(ReplicaId replica, Token token, long covers, long lsn) implements Response {}

    /** Everything up to this LSN is durable; the last appends covered are in it. */
    record Durable(ReplicaId replica, Token token, long covers, long durableLsn) implements Response {}

    /**
     * Comes before {@link BaseReady} from a target whose present image may have so many of the base's ranges, from the first one
     * on. A sender of an older version never hears of it.
     */
    record BaseCandidates(ReplicaId replica, Token token, long covers, long ranges) implements Response {}

    /** Which of the ranges of an offer are to be sent, by their place in it; the others are written. */
    record BaseWanted(ReplicaId replica, Token token, long covers, long first, BitSet ranges) implements Response {}

    /** The install has begun; these ranges are already durable. */
    record BaseReady(ReplicaId replica, Token token, long covers, BitSet durableRanges) implements Response {}

    /**
     * The ranges up to the covered request were written, and take no room in a window any more; {@code ranges} are durable in
     * all. Only {@link Installed} says that all of them are.
     */
    record BaseDurable(ReplicaId replica, Token token, long covers, long ranges) implements Response {}

    /** The base is verified and installed; the store stands at this LSN. */
    record Installed(ReplicaId replica, Token token, long covers, long lsn) implements Response {}

    /** A request failed; the session is over, and the cause says what the sender can do. */
    record Failed(ReplicaId replica, Token token, long covers, RecoveryException cause) implements Response {}
}
