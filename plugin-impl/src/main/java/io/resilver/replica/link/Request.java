package io.resilver.replica.link;

import io.resilver.spi.model.BaseDescriptor;
import io.resilver.spi.model.EntryBatch;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.Token;
import java.nio.ByteBuffer;
import java.util.OptionalLong;

/**
 * From a sender to a replica. A message owns its buffers: nobody reuses them while it can be reached. Those of a {@link BaseRange} are its
 * own only until the range was dealt with: at the replica when its handler says so, at the sender when the replica covers it.
 */
public sealed interface Request {
    /** Which replica is addressed. */
    ReplicaId replica();

    /** By which session's right. */
    Token token();

    /** A request within a session, numbered from 1 on without gaps. */
    sealed interface Sequenced extends Request {
        /** Its number in the session. */
        long sequence();
    }

    /** Shut out lower tokens, promise this epoch durably, then tell where you stand (R2, R34). Opens the session. */
    record Fence(ReplicaId replica, Token token) implements Request {}

    /** Asks for a digest; its answer has its number. */
    sealed interface Question extends Request {
        /** Its number. */
        long question();
    }

    /** Asks for a sign of life, for the read lease (R37); changes nothing. */
    record Ask(ReplicaId replica, Token token, long question) implements Request {}

    /**
     * Digest the entries after one LSN up to another, both committed, as {@code io.resilver.replica.LogDigest} does; changes
     * nothing. The sender's own range has so many entries with so many bytes of payload: what is more than that is not read.
     */
    record DigestLog(
            ReplicaId replica, Token token, long question, long afterLsn, long upToLsn, long entries, long bytes)
            implements Question {}

    /**
     * Digest a part of the image as of exactly this LSN, as {@code io.resilver.replica.ImageDigest} does; changes nothing. It
     * follows an {@link Append} that tells this LSN to be committed, and none that tells of more.
     */
    record DigestImage(ReplicaId replica, Token token, long question, long lsn, long offset, int bytes)
            implements Question {}

    /** Cut the log back to an LSN, inclusive. */
    record Truncate(ReplicaId replica, Token token, long sequence, long lsn) implements Sequenced {}

    /**
     * Append entries, in groups make them durable, and report. The committed LSN is what was committed by the in-sync set
     * in this term (never the boundary alone); an empty batch only carries it.
     */
    record Append(ReplicaId replica, Token token, long sequence, EntryBatch batch, OptionalLong committedLsn)
            implements Sequenced {}

    /** A base image will come; answer which of its ranges you hold durably. What is offered has digests under this key. */
    record BaseBegin(ReplicaId replica, Token token, long sequence, BaseDescriptor base, RangeKey key)
            implements Sequenced {}

    /**
     * The digests ({@code io.resilver.replica.RangeDigest}) of ranges that lie side by side and that the target does not hold, in
     * order: whether its present image has any of them. Only to a target that answered {@link Response.BaseCandidates}.
     */
    record BaseOffer(ReplicaId replica, Token token, long sequence, long first, ByteBuffer digests)
            implements Sequenced {
        /** How many ranges one offer may name: with ranges of 1 MiB it is read and written at the target within a tenth of a second. */
        public static final int MOST_RANGES = 16;

        /** Checks the number of digests. */
        public BaseOffer {
            int bytes = digests.remaining();
            if (bytes == 0 || bytes % Response.DIGEST_BYTES != 0 || bytes > MOST_RANGES * Response.DIGEST_BYTES) {
                throw new IllegalArgumentException(
                        "an offer has 1 to " + MOST_RANGES + " digests, not " + bytes + " bytes");
            }
        }

        /** How many ranges it names. */
        public int ranges() {
            return digests.remaining() / Response.DIGEST_BYTES;
        }
    }

    /** One whole range of the base, in order, or one that was offered and is wanted; none that the target holds. */
    record BaseRange(ReplicaId replica, Token token, long sequence, long index, ByteBuffer data) implements Sequenced {}

    /**
     * The base is complete: read every staged range back, compare, and install in one act (R16, R17). The digest is that of a
     * {@link io.resilver.replica.BaseDigest} over all ranges in order, also of those that were not sent.
     */
    record BaseCommit(ReplicaId replica, Token token, long sequence, ByteBuffer digest) implements Sequenced {}
}
