package io.resilver.replica.link;

import io.resilver.spi.model.EntryBatch;

/**
 * What a request counts for in a window of bytes (R51). Sender and target count alike, so that a sender that keeps to the
 * window is never refused. Small things have a weight too: it stands for the objects that hold them.
 */
public final class Weight {
    /** A message without content: its token, ids and objects. */
    public static final int OF_MESSAGE = 512;

    /** An entry without its payload. */
    public static final int OF_ENTRY = 64;

    /** An element of a lineage. */
    public static final int OF_ELEMENT = 192;

    private Weight() {}

    /**
     * The weight of a request.
     *
     * @param request any request
     * @return bytes, a little more than its frame has
     */
    public static long of(Request request) {
        long weight = OF_MESSAGE;
        if (request instanceof Request.Append append) {
            EntryBatch batch = append.batch();
            weight += batch.payloadBytes()
                    + (long) batch.entries().size() * OF_ENTRY
                    + (long) batch.writers().size() * OF_ELEMENT;
        } else if (request instanceof Request.BaseRange range) {
            weight += range.data().remaining();
        } else if (request instanceof Request.BaseBegin begin) {
            weight += (long) begin.base().lineage().elements().size() * OF_ELEMENT;
        } else if (request instanceof Request.BaseOffer offer) {
            weight += offer.digests().remaining();
        } else if (request instanceof Request.BaseCommit commit) {
            weight += commit.digest().remaining();
        }
        return weight;
    }
}
