package io.resilver.execution.scrub;

import io.resilver.runtime.HostRuntime;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.event.RecoveryEvent;
import io.resilver.spi.storage.BasePin;
import io.resilver.spi.storage.LogPin;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/** What the scrub of a replica works with; its sender lends it. All calls are made on the term's strand. */
public interface ScrubPorts {
    /**
     * Up to where both have the same entries for ever: committed here, and durable there.
     *
     * @return an LSN, or empty while the replica is not fed at the head
     */
    OptionalLong comparableLsn();

    /**
     * Whether a range may be compared now: with a lease (R38), and while no recovery runs or waits.
     *
     * @return whether it may
     */
    boolean mayBegin();

    /**
     * Takes memory from the host's budget.
     *
     * @param bytes how much
     * @return false when there is none now
     */
    boolean takeBytes(long bytes);

    /**
     * Gives it back.
     *
     * @param bytes how much
     */
    void giveBytes(long bytes);

    /**
     * Holds the primary's own log, and enters that in the host's ledger. Blocks, on the I/O executor.
     *
     * @param afterLsn exclusive
     * @return the pin, whose closing leaves the ledger
     * @throws RecoveryException when it cannot be held
     */
    LogPin pinLog(long afterLsn) throws RecoveryException;

    /**
     * Whether images can be compared: both have the same one at the same LSN, byte for byte, and freezing it costs little.
     *
     * @return what the engine declares
     */
    boolean comparesImages();

    /**
     * From now on tells the replica of nothing more that is committed, until {@link #releaseCommitted} or the end of the
     * session.
     *
     * @return the last LSN that it was told of in this session; 0 before the first
     */
    long holdCommitted();

    /** Tells it again of what is committed. Idempotent. */
    void releaseCommitted();

    /**
     * Freezes the primary's own image, and enters that in the host's ledger. Blocks, on the I/O executor.
     *
     * @param leastLsn the least acceptable LSN
     * @return the pin, whose closing leaves the ledger
     * @throws RecoveryException when it cannot be frozen
     */
    BasePin pinBase(long leastLsn) throws RecoveryException;

    /**
     * Asks the replica; its answer comes to {@link ReplicaScrub#answered}.
     *
     * @param question its number
     * @param range what the primary has read
     */
    void ask(long question, Range.OfLog range);

    /**
     * Tells the replica to be committed what the range's image holds, and no more, and asks about it.
     *
     * @param question its number
     * @param range what the primary has read
     */
    void ask(long question, Range.OfImage range);

    /**
     * Runs what blocks, then exactly one of the two on the strand.
     *
     * @param call what blocks
     * @param done takes its result
     * @param failed takes its failure
     * @param <T> its result
     */
    <T> void io(Callable<T> call, Consumer<T> done, Consumer<RecoveryException> failed);

    /**
     * Runs something on the strand.
     *
     * @param task what
     */
    void soon(Runnable task);

    /**
     * Runs something on the strand after a delay.
     *
     * @param delay how long
     * @param task what
     * @return cancels it
     */
    HostRuntime.Timer after(Duration delay, Runnable task);

    /**
     * The time.
     *
     * @return monotonic
     */
    long nanos();

    /**
     * Tells operators.
     *
     * @param event what was found
     */
    void tell(RecoveryEvent event);

    /**
     * Counts what was compared.
     *
     * @param bytes payload of a range
     */
    void compared(long bytes);
}
