package io.resilver.simulation.check;

import java.util.Optional;

/** Whether what is held and what waits is bounded, whatever goes wrong (R12, R21, R51). */
public final class Bounds {
    /** A store's keep-ups and recoveries, with one that ends while the next begins. */
    private static final int PINS_A_REPLICA = 4;

    /** Two volumes on three hosts in trouble have some 400 timers, calls of disks and messages under way. */
    private static final int WAITING_A_REPLICA = 1_000;

    /** A stream that is cut keeps what is sent until its sender gives it up: some 200 messages. */
    private static final int MESSAGES_A_STREAM = 2_000;

    private final int replicas;

    /**
     * The bounds of a run.
     *
     * @param replicas of all volumes together
     */
    public Bounds(int replicas) {
        this.replicas = replicas;
    }

    /**
     * What waits for its time.
     *
     * @param waiting timers, calls of disks and messages under way
     * @return what is wrong with that
     */
    public Optional<Objection> waiting(int waiting) {
        return waiting > WAITING_A_REPLICA * replicas
                ? Optional.of(new Objection("R21", waiting + " things wait for their time: something is not bounded"))
                : Optional.empty();
    }

    /**
     * What is kept back on one stream.
     *
     * @param messages under way in one direction
     * @return what is wrong with that
     */
    public Optional<Objection> stream(int messages) {
        return messages > MESSAGES_A_STREAM
                ? Optional.of(new Objection(
                        "R51", messages + " messages are under way on one stream: its window is not kept"))
                : Optional.empty();
    }

    /**
     * What a process holds.
     *
     * @param who which process
     * @param pins of its stores
     * @return what is wrong with that
     */
    public Optional<Objection> pins(Object who, int pins) {
        return pins > PINS_A_REPLICA * replicas
                ? Optional.of(new Objection("R12", who + " holds " + pins + " pins: some are never released"))
                : Optional.empty();
    }
}
