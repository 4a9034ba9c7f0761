package io.resilver.coordination;

/** What an attempt to become primary came to (R32). */
public sealed interface TakeOver {
    /**
     * This host is the primary by the record. Before it does anything else, the caller closes its own store's gate to
     * older tokens, drains it, makes the promise durable, and only then adopts its own head as the boundary.
     *
     * @param record the record in force
     * @param tenure makes the changes of this term
     */
    record Minted(VolumeRecord record, Tenure tenure) implements TakeOver {}

    /**
     * This replica may not lead as things are.
     *
     * @param why for people
     */
    record NotCandidate(String why) implements TakeOver {}

    /**
     * Somebody else minted first.
     *
     * @param record the record as it was read
     */
    record LostRace(VolumeRecord record) implements TakeOver {}

    /** The host has no lease (R38); nothing was sent. */
    record NoLease() implements TakeOver {}
}
