package io.resilver.simulation.network;

import java.util.List;

/** How a message of a stream arrives. */
enum Delivery {
    /** As it should: once, and in order. */
    ONCE,
    LOST,
    TWICE,
    /** Others that were sent after it come before it. */
    OVERTAKEN;

    static final List<Delivery> WRONG = List.of(LOST, TWICE, OVERTAKEN);
}
