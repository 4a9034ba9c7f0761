package io.resilver.coordination.memory;

import io.resilver.coordination.Answer;
import io.resilver.coordination.Versioned;
import io.resilver.runtime.HostRuntime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The service's state: nodes, versions and sessions. Every method is one atomic act, as a transaction of a quorum is. For one
 * thread at a time; a simulation has one.
 */
public final class MemoryEnsemble {
    /** Old values that a stale read may see: more than any reader lags in practice, and a bound (R21). */
    private static final int OLD_VALUES = 16;

    private final HostRuntime runtime;
    private final Duration sessionTimeout;
    private final Duration removalDelay;
    private final Map<Long, Session> sessions = new TreeMap<>();
    private final Set<Runnable> watchers =
            new LinkedHashSet<>(); // told in the order in which they came: a seed replays
    private final Map<String, ArrayDeque<Optional<Versioned<byte[]>>>> history = new HashMap<>();
    private TreeMap<String, Node> nodes = new TreeMap<>();
    private long lastSession;
    private long changes;

    /** Immutable, but for the bytes, which never leave without being copied. */
    private static final class Node {
        private final byte[] data;
        private final int version;
        private final OptionalLong owner;

        Node(byte[] data, int version, OptionalLong owner) {
            this.data = data;
            this.version = version;
            this.owner = owner;
        }
    }

    /** Alive until its time without a word is over; then its nodes go, perhaps a while later. */
    private final class Session {
        private final long id;
        private HostRuntime.Timer end;

        Session(long id) {
            this.id = id;
            this.end = runtime.after(sessionTimeout, () -> expire(id));
        }

        void heard() {
            end.cancel();
            end = runtime.after(sessionTimeout, () -> expire(id));
        }
    }

    /** The whole state at one time. */
    public static final class Backup {
        private final Map<String, Node> nodes;

        private Backup(Map<String, Node> nodes) {
            this.nodes = Map.copyOf(nodes);
        }

        /**
         * What a node held then.
         *
         * @param path which node
         * @return its data, or empty when there was no such node
         */
        public Optional<byte[]> then(String path) {
            return Optional.ofNullable(nodes.get(path)).map(node -> node.data.clone());
        }
    }

    /**
     * A service without nodes.
     *
     * @param runtime its time
     * @param sessionTimeout how long a session lives without a word of its client
     * @param removalDelay how much longer the nodes of an expired session are seen
     */
    public MemoryEnsemble(HostRuntime runtime, Duration sessionTimeout, Duration removalDelay) {
        this.runtime = runtime;
        this.sessionTimeout = sessionTimeout;
        this.removalDelay = removalDelay;
    }

    /**
     * How long a session lives without a word.
     *
     * @return the same for all
     */
    public Duration sessionTimeout() {
        return sessionTimeout;
    }

    /**
     * What the service holds now. Sessions and their nodes are no part of it.
     *
     * @return a copy
     */
    public Backup backUp() {
        Map<String, Node> kept = new HashMap<>();
        nodes.forEach((path, node) -> {
            if (node.owner.isEmpty()) {
                kept.put(path, node);
            }
        });
        return new Backup(kept);
    }

    /**
     * Puts the service back to an older state (R42): every session is over, and versions go on from what they were then.
     *
     * @param backup an older state
     */
    public void restore(Backup backup) {
        List.copyOf(sessions.keySet()).forEach(this::endSession);
        nodes = new TreeMap<>(backup.nodes);
        changes++;
        changed();
    }

    /**
     * Ends a session as the service does when its client was silent for too long.
     *
     * @param session whose
     * @return false when it was over already
     */
    public boolean expire(long session) {
        if (!endSession(session)) {
            return false;
        }
        if (removalDelay.isZero()) {
            removeNodesOf(session);
        } else {
            runtime.after(removalDelay, () -> removeNodesOf(session));
        }
        return true;
    }

    /**
     * What a node holds at this moment, for a checker that sees everything.
     *
     * @param path which node
     * @return its data, or empty when there is no such node
     */
    public Optional<byte[]> now(String path) {
        return read(path, 0).map(Versioned::value);
    }

    /**
     * How often something was changed, for a checker that looks again when something has.
     *
     * @return a count that only rises
     */
    public long changes() {
        return changes;
    }

    private boolean endSession(long session) {
        Session ended = sessions.remove(session);
        if (ended != null) {
            ended.end.cancel();
        }
        return ended != null;
    }

    private void removeNodesOf(long session) {
        if (nodes.values().removeIf(node -> node.owner.equals(OptionalLong.of(session)))) {
            changed();
        }
    }

    long openSession() {
        long id = ++lastSession;
        sessions.put(id, new Session(id));
        return id;
    }

    /** The client said something; false when its session is over. */
    boolean heard(long session) {
        Session found = sessions.get(session);
        if (found != null) {
            found.heard();
        }
        return found != null;
    }

    /** The client ended its session: its nodes go at once. */
    void closeSession(long session) {
        if (endSession(session)) {
            removeNodesOf(session);
        }
    }

    void watch(Runnable hint) {
        watchers.add(hint);
    }

    void unwatch(Runnable hint) {
        watchers.remove(hint);
    }

    private void changed() {
        List.copyOf(watchers).forEach(Runnable::run);
    }

    Optional<Versioned<byte[]>> read(String path, int stale) {
        if (stale > 0) {
            ArrayDeque<Optional<Versioned<byte[]>>> old = history.get(path);
            if (old != null && !old.isEmpty()) {
                return old.stream()
                        .skip(Math.max(0, old.size() - stale))
                        .findFirst()
                        .orElseThrow();
            }
        }
        return Optional.ofNullable(nodes.get(path)).map(node -> new Versioned<>(node.data.clone(), node.version));
    }

    Set<String> children(String path) {
        Set<String> names = new TreeSet<>();
        String prefix = path + "/";
        for (String each : nodes.tailMap(prefix).keySet()) {
            if (!each.startsWith(prefix)) {
                break;
            }
            int end = each.indexOf('/', prefix.length());
            names.add(end < 0 ? each.substring(prefix.length()) : each.substring(prefix.length(), end));
        }
        return names;
    }

    /** A node and its mark. */
    Answer create(String path, String mark, byte[] data, Set<String> checks) {
        Answer answer = create(path, data, checks, OptionalLong.empty());
        if (answer instanceof Answer.Applied) {
            put(path + "/" + mark, new Node(new byte[0], 0, OptionalLong.empty()));
        }
        return answer;
    }

    Answer create(String path, byte[] data, Set<String> checks, OptionalLong owner) {
        Optional<Answer> missing = missing(checks);
        if (missing.isPresent()) {
            return missing.get();
        }
        if (nodes.containsKey(path)) {
            return new Answer.Conflict();
        }
        put(path, new Node(data.clone(), 0, owner));
        if (owner.isPresent()) {
            changed();
        }
        return new Answer.Applied(0);
    }

    /** A version that is empty fits any. */
    Answer set(String path, byte[] data, Optional<Integer> version, Set<String> checks) {
        Optional<Answer> missing = missing(checks);
        if (missing.isPresent()) {
            return missing.get();
        }
        Node node = nodes.get(path);
        if (node == null) {
            return new Answer.Missing(path);
        }
        if (version.isPresent() && version.get() != node.version) {
            return new Answer.Conflict();
        }
        put(path, new Node(data.clone(), node.version + 1, node.owner));
        return new Answer.Applied(node.version + 1);
    }

    Answer delete(String path, String mark, int version, Set<String> checks) {
        Optional<Answer> missing = missing(checks);
        if (missing.isPresent()) {
            return missing.get();
        }
        Node node = nodes.get(path);
        if (node == null || !nodes.containsKey(path + "/" + mark)) {
            return new Answer.Missing(path);
        }
        if (version != node.version) {
            return new Answer.Conflict();
        }
        remember(path);
        nodes.remove(path);
        nodes.remove(path + "/" + mark);
        return new Answer.Applied(version);
    }

    Answer removeHostNode(String path) {
        if (nodes.remove(path) == null) {
            return new Answer.Missing(path);
        }
        changed();
        return new Answer.Applied(0);
    }

    OptionalLong ownerOf(String path) {
        Node node = nodes.get(path);
        return node == null ? OptionalLong.empty() : node.owner;
    }

    private Optional<Answer> missing(Set<String> checks) {
        return checks.stream()
                .sorted()
                .filter(each -> !nodes.containsKey(each))
                .findFirst()
                .map(Answer.Missing::new);
    }

    private void put(String path, Node node) {
        remember(path);
        nodes.put(path, node);
    }

    private void remember(String path) {
        changes++;
        ArrayDeque<Optional<Versioned<byte[]>>> old = history.computeIfAbsent(path, first -> new ArrayDeque<>());
        old.add(read(path, 0));
        if (old.size() > OLD_VALUES) {
            old.remove();
        }
    }
}
