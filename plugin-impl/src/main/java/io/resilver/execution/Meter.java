package io.resilver.execution;

/** Where the engine counts; the plugin brings a registry. Thread safe; does not block. */
public interface Meter {
    /**
     * Entries and payload bytes were sent.
     *
     * @param entries how many entries, 0 for a base range
     * @param bytes how many payload bytes
     */
    void sent(long entries, long bytes);

    /**
     * A step ended.
     *
     * @param nanos how long it took
     */
    void step(long nanos);

    /**
     * A range was scrubbed: compared with a replica's, or read for its checksums.
     *
     * @param bytes payload of a range of the log, or bytes of an image
     */
    void scrubbed(long bytes);

    /** Something was committed. */
    void committed();
}
