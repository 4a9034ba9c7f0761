package io.resilver.simulation.fault;

import java.util.Locale;

/** The kinds of things that go wrong. */
public enum FaultKind {
    /** A host reaches nobody, and nobody reaches it. */
    ISOLATION,
    /** Two hosts do not reach each other. */
    PARTITION,
    /** Nothing arrives any more from one host at another. */
    ONE_WAY,
    /** A host does not reach the coordination service. */
    SERVICE_CUT,
    /** A host's requests to the coordination service are lost, late, or answered from the past. */
    SERVICE_SLOW,
    /** What is between two hosts loses messages of a stream, and repeats others. */
    GARBLED,
    /** Some streams of a host are reset, and lose what is under way. */
    RESET,
    /** A process is stopped, often for longer than its session lives. */
    PAUSE,
    /** A machine sleeps: its process is stopped, and its clock stands still. */
    SLEEP,
    /** A process's clock leaps ahead. */
    CLOCK_LEAP,
    /** A process dies and loses what it had not made durable; it starts again at another endpoint. */
    CRASH,
    /** A process hands over and ends; it starts again at another endpoint. */
    RESTART,
    /** The service ends a host's session. */
    EXPIRY,
    /** The coordination service is away for all. */
    ENSEMBLE_LOSS,
    /** The coordination service is restored from a backup of a few seconds ago. */
    ENSEMBLE_RESTORE,
    /**
     * A host's disks are full, so that the in-sync sets go on without it; then they are not full any more, and the coordination
     * service is restored from a backup of before, which calls it a member. Nothing else goes wrong until that is settled.
     */
    OUTDATED_RESTORE,
    /** A host's disks are slow. */
    SLOW_DISK,
    /** A host's disks are full. */
    FULL_DISK,
    /** A host's disks do not flush; some lose what was to be written, and take nothing any more until they are opened again. */
    FAILING_FLUSH,
    /** A part of a log cannot be read any more. */
    BIT_ROT,
    /** The newest checkpoint of each of a host's disks turns out to be bad. */
    BAD_CHECKPOINT,
    /** A disk is replaced by an empty one. */
    REPLACED_DISK,
    /** A disk is put back to what it was at an earlier opening. */
    RESTORED_DISK,
    /** Every pin of a host is revoked. */
    REVOKED_PINS,
    /** An operator cancels the next recovery of a host. */
    CANCEL,
    /** An operator takes a recovery in hand, and leaves it half done. */
    TAKEN_IN_HAND,
    /** An operator makes what recoveries a host sends very slow. */
    SLOW_RATE,
    /** A replica is removed from its volume, and is mostly added again. */
    REMOVED_REPLICA,
    /** The same, and the primary dies when the record has changed and nobody has acted on it. */
    REMOVED_AND_CRASHED,
    /** A commit needs more members, or fewer. */
    CHANGED_LEAST,
    /** A host's policy escalates and gives up, until a person asks again. */
    GIVING_UP;

    /**
     * Its name for people and programs.
     *
     * @return lower case with dashes
     */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
