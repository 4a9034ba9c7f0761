package io.resilver.execution;

import io.resilver.spi.model.HostId;
import io.resilver.spi.model.VolumeId;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Who gets the next slot: the highest priority; among equal ones the volume whose turn it is, so that one with many
 * replicas behind takes no more than each other; within a volume first come, first served. A host that has all the slots
 * that one peer may have is passed over, with whatever waits for it.
 *
 * <p>The turns are those of self-clocked fair queuing: each recovery is given its number when it comes, one more than the
 * last of its volume, or than the one that is being served if that is higher. So nothing is sorted again, and a step costs
 * the logarithm of those that wait and a look at each peer. Not thread safe.
 */
final class SlotQueue {
    private final int slotsPerPeer;
    private final Map<HostId, Peer> peers = new HashMap<>();
    private final Map<Integer, Lane> lanes = new HashMap<>();
    private long nextOrder;
    private int size;

    /** One that waits, with its place. */
    record Entry(HostId peer, VolumeId volume, int priority, long turn, long order, Runnable begin) {
        private static final Comparator<Entry> FIRST = Comparator.comparingInt(Entry::priority)
                .reversed()
                .thenComparingLong(Entry::turn)
                .thenComparingLong(Entry::order);
    }

    private static final class Peer {
        private final TreeSet<Entry> waiting = new TreeSet<>(Entry.FIRST);
        private int active;
    }

    /** Those of one priority. A volume is known for as long as some of it waits. */
    private static final class Lane {
        private final Map<VolumeId, Tail> volumes = new HashMap<>();
        private long served;
    }

    private static final class Tail {
        private long turn;
        private int waiting;
    }

    SlotQueue(int slotsPerPeer) {
        this.slotsPerPeer = slotsPerPeer;
    }

    int size() {
        return size;
    }

    /** Whether nothing is known of anybody: none waits, and none holds a slot. */
    boolean isEmpty() {
        return peers.isEmpty() && lanes.isEmpty();
    }

    Entry add(HostId peer, VolumeId volume, int priority, Runnable begin) {
        Lane lane = lanes.computeIfAbsent(priority, first -> new Lane());
        Tail tail = lane.volumes.computeIfAbsent(volume, first -> new Tail());
        tail.turn = Math.max(lane.served, tail.turn) + 1;
        tail.waiting++;
        Entry entry = new Entry(peer, volume, priority, tail.turn, nextOrder++, begin);
        peers.computeIfAbsent(peer, first -> new Peer()).waiting.add(entry);
        size++;
        return entry;
    }

    /** Takes out the one whose turn it is, if there is one whose peer may have another slot, and counts it there. */
    Optional<Entry> next() {
        Optional<Entry> first = peers.values().stream()
                .filter(peer -> peer.active < slotsPerPeer && !peer.waiting.isEmpty())
                .map(peer -> peer.waiting.first())
                .min(Entry.FIRST);
        first.ifPresent(entry -> {
            Lane lane = lanes.get(entry.priority);
            if (lane != null) {
                lane.served = Math.max(lane.served, entry.turn); // one that was passed over may come late
            }
            peers.computeIfAbsent(entry.peer, absent -> new Peer()).active++;
            remove(entry);
        });
        return first;
    }

    /** Forgets one that waits; false when it does not. */
    boolean remove(Entry entry) {
        Peer peer = peers.get(entry.peer);
        if (peer == null || !peer.waiting.remove(entry)) {
            return false;
        }
        size--;
        forgetIfIdle(entry.peer, peer);
        lanes.computeIfPresent(entry.priority, (priority, lane) -> {
            lane.volumes.computeIfPresent(entry.volume, (volume, tail) -> --tail.waiting == 0 ? null : tail);
            return lane.volumes.isEmpty() ? null : lane;
        });
        return true;
    }

    /** One that {@link #next} took out is done. */
    void done(Entry entry) {
        Peer peer = peers.get(entry.peer);
        if (peer != null) {
            peer.active--;
            forgetIfIdle(entry.peer, peer);
        }
    }

    private void forgetIfIdle(HostId host, Peer peer) {
        if (peer.active == 0 && peer.waiting.isEmpty()) {
            peers.remove(host);
        }
    }
}
