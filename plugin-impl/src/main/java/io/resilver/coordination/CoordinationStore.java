package io.resilver.coordination;

import io.resilver.spi.model.HostId;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * The few operations that coordination needs. Paths begin with {@code /} and are relative to the store's namespace; see
 * {@link Paths}. Thread safe. Nothing blocks. A stage of a change never fails: its {@link Answer} says what is known. A
 * stage of a read fails with a {@link io.resilver.spi.error.RetriableException} when no answer came, and with a {@link
 * io.resilver.spi.error.PermanentException} when this client may not read. Stages complete on a thread of the store, which
 * the caller leaves at once.
 */
public interface CoordinationStore extends AutoCloseable {
    /**
     * Reads a node, after the server caught up with what the leader knew. Still a hint: another host may have changed it
     * since. What a decision needs is proved by the compare-and-set that follows (R35).
     *
     * @param path which node
     * @return its data and version, or empty when there is no such node
     */
    CompletionStage<Optional<Versioned<byte[]>>> read(String path);

    /**
     * Creates a persistent node and its mark, an empty child, in one transaction with the checks; parents are made before.
     * The mark tells the node from another one that is made under the same path later, whose versions begin at 0 again: a
     * change that checks the mark, see {@link Paths#mark}, can never meet that one, however late it arrives.
     *
     * @param path which node
     * @param mark the name of its mark, another one whenever the node is made again
     * @param data its first data
     * @param checks nodes that must exist
     * @return {@link Answer.Conflict} when it exists
     */
    CompletionStage<Answer> create(String path, String mark, byte[] data, Set<String> checks);

    /**
     * Replaces a node's data if it has a version, in one transaction with the checks.
     *
     * @param path which node
     * @param data the new data; equal data still moves the version
     * @param version the version expected
     * @param checks nodes that must exist
     * @return what became of it
     */
    CompletionStage<Answer> compareAndSet(String path, byte[] data, int version, Set<String> checks);

    /**
     * Deletes a node and its mark if it has that mark and a version, in one transaction with the checks.
     *
     * @param path which node
     * @param mark the name of its mark
     * @param version the version expected
     * @param checks nodes that must exist
     * @return what became of it; {@link Answer.Missing} names the node also when it has another mark, since the one that is
     *     meant is not there; an applied deletion answers with the version given
     */
    CompletionStage<Answer> delete(String path, String mark, int version, Set<String> checks);

    /**
     * Reads the names of a node's children, with the strength of {@link #read}.
     *
     * @param path which node
     * @return the names; none when there is no such node
     */
    CompletionStage<Set<String>> children(String path);

    /**
     * Makes this host's ephemeral node in the session in force. Idempotent within a session: the name carries the
     * session's id, so that a lost answer cannot leave two nodes, and a node of an older session is never taken for ours.
     *
     * @param host whose node
     * @param data its data
     * @return the node, which exists now and ends with the session; fails like a read when that is not known
     */
    CompletionStage<HostNode> openHostNode(HostId host, byte[] data);

    /**
     * Writes a host node's data again: an applied one proves that a quorum held the session when it was given, which a read
     * or a connection state does not (R38). It is about the present session alone. The node of a session that the client
     * gave up may live on for a while, and counts as gone: a lease must not hang on it, nobody renews it.
     *
     * @param node a node that {@link #openHostNode} answered
     * @param data its data
     * @return {@link Answer.Missing} when the node is gone, or of another session than the present one
     */
    CompletionStage<Answer> heartbeat(HostNode node, byte[] data);

    /**
     * Takes away a host node before its session ends (R39). No version is asked for: its name carries its session, so that it
     * is never another one.
     *
     * @param node a node that {@link #openHostNode} of this store answered
     * @return {@link Answer.Applied} when it is gone with this, {@link Answer.Missing} when it was gone before
     */
    CompletionStage<Answer> closeHostNode(HostNode node);

    /**
     * The session timeout that the ensemble granted to the first session.
     *
     * @return how long a session lives without its client
     */
    Duration sessionTimeout();

    /**
     * Hears that the connection, the session or the set of host nodes may have changed. A hint: it may come late, twice,
     * for nothing, or not at all. One watch serves all of it (R40).
     *
     * @param hint a short task that never blocks; it replaces an earlier one
     */
    void onHint(Runnable hint);

    /** Ends the session and frees the threads. Blocks for a bounded time. Idempotent. */
    @Override
    void close();
}
