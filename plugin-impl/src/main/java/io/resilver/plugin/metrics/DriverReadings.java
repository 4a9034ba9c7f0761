package io.resilver.plugin.metrics;

/**
 * What the gauges read, at the moment when somebody looks. Thread safe; must not block, for a reporter calls it on a
 * thread of the host's.
 */
public interface DriverReadings {
    /**
     * Recoveries that hold a slot.
     *
     * @return their number
     */
    int active();

    /**
     * Recoveries that wait for a slot.
     *
     * @return their number
     */
    int waiting();

    /**
     * The greatest distance of a replica from what is committed.
     *
     * @return LSNs, 0 without replicas
     */
    long lagLsns();

    /**
     * Pins that are held on this host's stores.
     *
     * @return their number
     */
    int pins();

    /**
     * What these pins hold back.
     *
     * @return bytes
     */
    long pinnedBytes();

    /**
     * Events that sinks have lost.
     *
     * @return a count that only grows
     */
    long eventsLost();
}
