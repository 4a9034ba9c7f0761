package io.resilver.simulation.network;

import io.resilver.replica.link.ReplicaConnector;
import io.resilver.replica.link.Request;
import io.resilver.replica.link.RequestHandler;
import io.resilver.simulation.time.Agenda;
import io.resilver.simulation.time.SimulatedProcess;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Endpoint;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.ReplicaId;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * The streams between processes: in order, late, and kept back while one direction is cut. What a cut kept back arrives when it
 * is over, or the stream is reset. A stream that was closed has its last requests still under way, so that they come late and
 * among those of the next one; one that is reset loses what is under way.
 */
public final class Network {
    /** One in so many messages is lost, comes twice or is overtaken where something garbles. */
    private static final int GARBLED = 12;

    private static final long MOST_OVERTAKEN_NANOS = 30_000_000;

    private final Agenda agenda;
    private final Random random;
    private final Map<Endpoint, Listening> listening = new LinkedHashMap<>();
    private final Set<String> cuts = new HashSet<>();
    private final Set<String> garbled = new HashSet<>();
    private final Set<Line> lines = new LinkedHashSet<>();
    private final Map<String, Long> heldBack = new HashMap<>();
    private final Map<String, Long> misdelivered = new HashMap<>();
    private final long slowestNanos;
    private long sent;
    private int longest;

    /** One process and where its requests go. */
    record Listening(HostId host, SimulatedProcess process, RequestHandler handler) {}

    /**
     * A network where everything arrives.
     *
     * @param agenda the time
     * @param random its chance
     * @param slowest how long a message takes at most
     */
    public Network(Agenda agenda, Random random, Duration slowest) {
        this.agenda = agenda;
        this.random = random;
        this.slowestNanos = slowest.toNanos();
    }

    /**
     * A process listens from now on.
     *
     * @param endpoint where
     * @param host who it is
     * @param process which
     * @param handler takes its requests
     */
    public void listen(Endpoint endpoint, HostId host, SimulatedProcess process, RequestHandler handler) {
        listening.put(endpoint, new Listening(host, process, handler));
    }

    /**
     * A process died: nobody listens there, and its streams are reset.
     *
     * @param process which
     */
    public void died(SimulatedProcess process) {
        listening.values().removeIf(each -> each.process() == process);
        for (Line each : List.copyOf(lines)) {
            if (each.touches(process)) {
                each.reset("the process is gone");
            }
        }
    }

    /**
     * Nothing arrives any more in one direction.
     *
     * @param from a host
     * @param to another
     */
    public void cut(HostId from, HostId to) {
        cuts.add(direction(from, to));
    }

    /**
     * Messages arrive again in one direction: what was kept back, or what is sent from now on after a reset.
     *
     * @param from a host
     * @param to another
     */
    public void mend(HostId from, HostId to) {
        if (cuts.remove(direction(from, to))) {
            for (Line each : List.copyOf(lines)) {
                if (each.goes(from, to) || each.goes(to, from)) {
                    if (random.nextBoolean()) {
                        each.release();
                    } else {
                        each.reset("the connection was reset");
                    }
                }
            }
        }
    }

    /**
     * Resets some streams of a host.
     *
     * @param host which
     * @return how many
     */
    public int reset(HostId host) {
        int some = 0;
        for (Line each : List.copyOf(lines)) {
            if (each.isOf(host) && random.nextBoolean()) {
                each.reset("the connection was reset");
                some++;
            }
        }
        return some;
    }

    /**
     * What is between two hosts loses some messages of a stream, repeats others and lets others be overtaken, or does so no more.
     *
     * @param from a host
     * @param to another
     * @param is whether it does
     */
    public void garble(HostId from, HostId to, boolean is) {
        if (is) {
            garbled.add(direction(from, to));
        } else {
            garbled.remove(direction(from, to));
        }
    }

    /** How a message arrives: as it should, but where something garbles. */
    Delivery delivery(String direction) {
        if (!garbled.contains(direction) || random.nextInt(GARBLED) != 0) {
            return Delivery.ONCE;
        }
        misdelivered.merge(direction, 1L, Long::sum);
        return Delivery.WRONG.get(random.nextInt(Delivery.WRONG.size()));
    }

    /** So much later comes what is overtaken: a few others of a busy stream come before it. */
    long overtakenNanos() {
        return random.nextLong(MOST_OVERTAKEN_NANOS);
    }

    /**
     * How many messages a cut kept back in one direction.
     *
     * @param from a host
     * @param to another
     * @return a count that only rises
     */
    public long heldBack(HostId from, HostId to) {
        return heldBack.getOrDefault(direction(from, to), 0L);
    }

    /**
     * How many messages were lost, came twice or were overtaken in one direction.
     *
     * @param from a host
     * @param to another
     * @return a count that only rises
     */
    public long misdelivered(HostId from, HostId to) {
        return misdelivered.getOrDefault(direction(from, to), 0L);
    }

    void heldOne(String direction, int waiting) {
        heldBack.merge(direction, 1L, Long::sum);
        longest = Math.max(longest, waiting);
    }

    /**
     * The most messages that were ever kept back on one stream in one direction.
     *
     * @return a count that only rises
     */
    public int longest() {
        return longest;
    }

    /**
     * How many messages were sent.
     *
     * @return a count that only rises
     */
    public long sent() {
        return sent;
    }

    /**
     * The streams of one process.
     *
     * @param from its host
     * @param process which
     * @return opens streams to others
     */
    public ReplicaConnector connector(HostId from, SimulatedProcess process) {
        return (host, endpoint, replica, listener) -> open(from, process, host, endpoint, replica, listener);
    }

    private ReplicaConnector.Stream open(
            HostId from,
            SimulatedProcess process,
            HostId host,
            Endpoint endpoint,
            ReplicaId replica,
            ReplicaConnector.Listener listener) {
        Listening there = listening.get(endpoint);
        if (there == null || !there.host().equals(host)) {
            process.after(
                    Duration.ofNanos(delayNanos()),
                    () -> listener.closed(new RetriableException("nobody listens at " + endpoint, Duration.ZERO)));
            return new Refused();
        }
        Line line = new Line(this, from, process, there, replica, listener);
        lines.add(line);
        return line;
    }

    static String direction(HostId from, HostId to) {
        return from + ">" + to;
    }

    boolean isCut(String direction) {
        return cuts.contains(direction);
    }

    long delayNanos() {
        return 100_000 + (long) (random.nextDouble() * slowestNanos);
    }

    Agenda agenda() {
        return agenda;
    }

    void sentOne() {
        sent++;
    }

    void ended(Line line) {
        lines.remove(line);
    }

    /** How many streams there are. */
    int lines() {
        return lines.size();
    }

    /** Where nobody listens. */
    private static final class Refused implements ReplicaConnector.Stream {
        @Override
        public void send(Request request) {}

        @Override
        public void close() {}
    }
}
