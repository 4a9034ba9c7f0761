package io.resilver.spi.driver;

import io.resilver.spi.Api;
import io.resilver.spi.error.FencedException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.LineageElement;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * What the primary of a volume holds while it is primary. Thread safe.
 *
 * <p>The host's writer enters the gate, appends to its own store with the epoch of {@link #writer()}, leaves the gate,
 * makes the entry durable, and calls {@link #flushed}; it acknowledges the write to its client when {@link
 * #whenCommitted} completes, not before.
 */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public interface Leadership {
    /**
     * Which volume.
     *
     * @return its id
     */
    VolumeId volume();

    /**
     * This term.
     *
     * @return the epoch
     */
    Epoch epoch();

    /**
     * The lineage element that the host's writer puts its entries under: this epoch, from the adopted head + 1 on.
     *
     * @return the same element at every call
     */
    LineageElement writer();

    /**
     * The replicas whose durability a commit needs now, joiners included.
     *
     * @return a copy
     */
    Set<ReplicaId> inSyncSet();

    /**
     * The last LSN that was committed in this term; empty before the first commit. The adopted head is committed only
     * when every member of the set has it.
     *
     * @return the committed LSN, or empty
     */
    OptionalLong committedLsn();

    /**
     * Whether a read of committed data may be served now (R37). Asked for every read, after the data was read.
     *
     * @return true while every other member answered within the read lease
     */
    boolean mayServeReads();

    /**
     * Lets the host's own writer change its store (R2). Does not block.
     *
     * @return a pass, which the caller closes
     * @throws FencedException when this term is over
     */
    Admission enter() throws FencedException;

    /**
     * Tells that the host's own store is durable up to an LSN. Does not block.
     *
     * @param lsn inclusive
     */
    void flushed(long lsn);

    /**
     * Waits for a commit.
     *
     * @param lsn an LSN that the host's writer appended in this term, or an older one
     * @return completes once everything up to {@code lsn} is committed and this host's own store was told so, so that a read
     *     that begins then may see it (R37); fails with a {@link FencedException} when the
     *     term ends first, in which case the entry may or may not survive
     */
    CompletionStage<Void> whenCommitted(long lsn);

    /**
     * The end of the term.
     *
     * @return completes when this host does not lead any more, with the reason
     */
    CompletionStage<String> ended();
}
