package io.resilver.bench.ratis;

import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;

/**
 * A state machine that keeps no state but the number of the entries applied and one CRC32C over all their data in order: what
 * was written and what was applied are the same when both have the same of both. It tells also when a follower was given its
 * first entry. Thread safe.
 */
final class AppliedEntries extends BaseStateMachine {
    private final CRC32C crc = new CRC32C();
    private long entries;
    private volatile long firstReceivedAt;

    /**
     * What was applied.
     *
     * @param entries how many
     * @param crc over the data of all of them
     */
    record Digest(long entries, long crc) {}

    synchronized Digest digest() {
        return new Digest(entries, crc.getValue());
    }

    /** In nanoseconds of this process's clock, or 0 when none was received yet. */
    long firstReceivedAt() {
        return firstReceivedAt;
    }

    /** Called for each entry that a follower is about to append to its log. */
    @Override
    public TransactionContext startTransaction(LogEntryProto entry, RaftPeerRole role) {
        if (firstReceivedAt == 0) {
            firstReceivedAt = System.nanoTime();
        }
        return super.startTransaction(entry, role);
    }

    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
        LogEntryProto entry = transaction.getLogEntry();
        synchronized (this) {
            crc.update(entry.getStateMachineLogEntry().getLogData().asReadOnlyByteBuffer());
            entries++;
        }
        updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
        return CompletableFuture.completedFuture(Message.EMPTY);
    }
}
