package io.resilver.execution.scrub;

import io.resilver.replica.LogDigest;
import io.resilver.replica.link.Response;
import io.resilver.runtime.HostRuntime;
import io.resilver.spi.driver.ScrubStatus;
import io.resilver.spi.error.CorruptException;
import io.resilver.spi.error.LogTrimmedException;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.storage.EntryCursor;
import io.resilver.spi.storage.LogPin;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Compares one replica's log with the primary's own, range by range: in passes from the tail to what was comparable when the
 * pass began. The cursor outlives sessions and ends with the term. Lives on the term's strand.
 *
 * <p>Whatever it finds, it tells, and goes on: it repairs nothing and takes nobody out of the set.
 */
public final class LogScrub {
    /** Entries of one range: many small ones are as much work as few large ones. */
    static final int RANGE_ENTRIES = 8_192;

    /** A replica that answers everything else and not this is asked again later. */
    static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final double NANOS_PER_SECOND = 1e9;

    private final ReplicaId self;
    private final ScrubOptions options;
    private final ScrubTurns turns;
    private final ScrubPorts ports;
    private final Findings findings;
    private ScrubState state = ScrubState.RESTING;
    private String why = "";
    private ScrubTurns.@Nullable Turn turn;
    private HostRuntime.@Nullable Timer paced;
    private @Nullable Range asked;
    private long askedNanos;
    /** Numbers what is under way, so that what comes back late is not taken for what was asked since. */
    private long number;

    private long cursor;
    private OptionalLong passEnd = OptionalLong.empty();
    private long passes;
    private OptionalLong passedNanos = OptionalLong.empty();

    /**
     * What the primary has read.
     *
     * @param afterLsn exclusive
     * @param upToLsn inclusive
     * @param entries how many
     * @param bytes of payload
     * @param digest over them
     */
    public record Range(long afterLsn, long upToLsn, long entries, long bytes, ByteBuffer digest) {}

    /**
     * A scrub that has seen nothing yet.
     *
     * @param self the primary's own replica
     * @param replica with which its log is compared
     * @param options the pace
     * @param turns the host's
     * @param ports what it works with
     */
    public LogScrub(ReplicaId self, ReplicaId replica, ScrubOptions options, ScrubTurns turns, ScrubPorts ports) {
        this.self = self;
        this.options = options;
        this.turns = turns;
        this.ports = ports;
        this.findings = new Findings(replica, ports);
    }

    /** Looks whether something is due. */
    public void tick() {
        if (state == ScrubState.ASKING && ports.nanos() - askedNanos > PATIENCE.toNanos()) {
            rest("the replica did not answer within " + PATIENCE);
        } else if (state == ScrubState.RESTING && options.isOn() && isDue()) {
            become(ScrubState.WAITING);
            long mine = ++number;
            turn = turns.take(() -> ports.soon(() -> {
                if (mine == number) {
                    read();
                }
            }));
        }
    }

    /** The session is over: what is under way counts for nothing, and the cursor stays. */
    public void interrupt() {
        if (state != ScrubState.RESTING) {
            rest("the session ended");
        }
    }

    /**
     * How it stands.
     *
     * @return a copy
     */
    public ScrubStatus status() {
        return new ScrubStatus(
                options.isOn() ? state.name() : "OFF",
                why,
                cursor,
                passes,
                passedNanos.isPresent()
                        ? Optional.of(Duration.ofNanos(ports.nanos() - passedNanos.getAsLong()))
                        : Optional.empty(),
                findings.found(),
                findings.differing(),
                findings.corrupt());
    }

    private boolean isDue() {
        OptionalLong comparable = ports.comparableLsn();
        if (comparable.isEmpty() || !ports.mayBegin()) {
            return false;
        }
        if (passEnd.isEmpty()) {
            if (passedNanos.isPresent()
                    && ports.nanos() - passedNanos.getAsLong()
                            < options.interval().toNanos()) {
                return false;
            }
            passEnd = comparable;
            cursor = 0;
        }
        return cursor < comparable.getAsLong();
    }

    // ------------------------------------------------------------------------------------------------ one range

    private void read() {
        OptionalLong comparable = ports.comparableLsn();
        if (comparable.isEmpty() || passEnd.isEmpty() || !ports.mayBegin() || !ports.takeBytes(options.rangeBytes())) {
            rest("waits for its replica, the lease, recoveries or memory");
            return;
        }
        become(ScrubState.READING);
        long mine = number;
        long after = cursor;
        long upTo = Math.min(passEnd.getAsLong(), comparable.getAsLong());
        ports.io(
                () -> digest(after, upTo),
                range -> {
                    ports.giveBytes(options.rangeBytes());
                    if (mine == number) {
                        haveRead(range);
                    }
                },
                cause -> {
                    ports.giveBytes(options.rangeBytes());
                    if (mine == number) {
                        cannotRead(after, upTo, cause);
                    }
                });
    }

    private Range digest(long after, long upTo) throws RecoveryException {
        LogDigest digest = new LogDigest(after);
        try (LogPin pin = ports.pinLog(after);
                EntryCursor reader = pin.open(after)) {
            digest.add(reader.next(upTo, options.rangeBytes()), RANGE_ENTRIES);
        }
        return new Range(after, digest.lastLsn(), digest.entries(), digest.bytes(), digest.value());
    }

    private void haveRead(Range range) {
        if (range.entries() == 0) {
            passed("");
            rest("");
            return;
        }
        become(ScrubState.ASKING);
        why = "";
        asked = range;
        askedNanos = ports.nanos();
        ports.ask(number, range);
    }

    private void cannotRead(long after, long upTo, RecoveryException cause) {
        if (cause instanceof LogTrimmedException trimmed && trimmed.oldestLsn() > cursor) {
            cursor = trimmed.oldestLsn();
            goOn("");
        } else if (cause instanceof CorruptException corrupt) {
            findings.corrupt(self, after, upTo, corrupt);
            passed(String.valueOf(cause.getMessage())); // where the log goes on behind it cannot be read either
            rest(why);
        } else {
            failed(options.rangeBytes(), cause);
        }
    }

    /**
     * The replica has answered.
     *
     * @param question which question
     * @param answer a digest, or why there is none
     */
    public void answered(long question, Response answer) {
        Range range = asked;
        if (state != ScrubState.ASKING || question != number || range == null) {
            return; // late
        }
        if (answer instanceof Response.LogDigest theirs) {
            if (theirs.entries() != range.entries() || !theirs.digest().equals(range.digest())) {
                findings.differs(range, theirs.digest());
            }
            cursor = range.upToLsn();
            ports.compared(range.bytes());
            pace(range.bytes());
        } else if (answer instanceof Response.NotDigested not) {
            notDigested(range, not.cause());
        }
    }

    private void notDigested(Range range, RecoveryException cause) {
        if (cause instanceof LogTrimmedException trimmed && trimmed.oldestLsn() > cursor) {
            cursor = trimmed.oldestLsn();
            goOn("");
        } else if (cause instanceof CorruptException corrupt) {
            findings.corrupt(findings.replica(), range.afterLsn(), range.upToLsn(), corrupt);
            cursor = range.upToLsn();
            pace(range.bytes());
        } else {
            failed(range.bytes(), cause);
        }
    }

    /** A failure costs as much time as a success, and one that stays is met once a pass. */
    private void failed(long bytes, RecoveryException cause) {
        if (cause instanceof PermanentException) {
            passEnd = OptionalLong.empty();
            passedNanos = OptionalLong.of(ports.nanos());
        }
        pace(bytes);
        why = String.valueOf(cause.getMessage());
    }

    /** What was read takes the time that the pace gives it, and the turn is held for as long. */
    private void pace(long bytes) {
        become(ScrubState.PACING);
        long mine = number;
        long nanos = (long) (bytes * NANOS_PER_SECOND / options.bytesPerSecond());
        paced = ports.after(Duration.ofNanos(nanos), () -> {
            if (mine == number) {
                goOn(why);
            }
        });
    }

    private void goOn(String because) {
        if (passEnd.isPresent() && cursor >= passEnd.getAsLong()) {
            passed(because);
        }
        rest(because);
        tick();
    }

    private void passed(String because) {
        passEnd = OptionalLong.empty();
        passes++;
        passedNanos = OptionalLong.of(ports.nanos());
        findings.passed();
        why = because;
    }

    private void rest(String because) {
        become(ScrubState.RESTING);
        number++;
        why = because;
        asked = null;
        if (paced != null) {
            paced.cancel();
            paced = null;
        }
        if (turn != null) {
            turn.close();
            turn = null;
        }
    }

    private void become(ScrubState next) {
        if (!state.mayBecome(next)) {
            throw new IllegalStateException("a scrub that is " + state + " cannot become " + next);
        }
        state = next;
    }
}
