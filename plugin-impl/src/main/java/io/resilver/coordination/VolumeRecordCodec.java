package io.resilver.coordination;

import io.resilver.spi.error.CorruptException;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.StoreId;
import io.resilver.spi.model.StoreIdentity;
import io.resilver.spi.model.VolumeId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A volume record as text that an operator can read with any ZooKeeper client. One fact a line, fields separated by one
 * space, {@code -} for none, a newline at the end of each line:
 *
 * <pre>
 *   resilver-volume 1
 *   volume v1
 *   incarnation 6f0c...
 *   epoch 7 a11e...
 *   primary host-a.00000000000000ff
 *   configuration 12
 *   least 2
 *   replica r1 host-a 10.0.0.1:7000 9b1d... 3 in
 *   replica r2 host-b - - - out
 * </pre>
 *
 * <p>Strict: there is exactly one text for a record, and every other text is refused.
 */
public final class VolumeRecordCodec {
    /** The format that this code writes, and the only one that it reads. */
    public static final int FORMAT = 1;

    /** Room for the most replicas with the longest ids; more is no record of ours. */
    public static final int MAX_BYTES = 16 * 1024;

    private static final String MAGIC = "resilver-volume";
    private static final int REPLICA_FIELDS = 6;

    private VolumeRecordCodec() {}

    /**
     * Writes a record.
     *
     * @param record the record
     * @return its one text, at most {@link #MAX_BYTES}
     */
    public static byte[] encode(VolumeRecord record) {
        StringBuilder text = new StringBuilder(512);
        line(text, MAGIC, FORMAT);
        line(text, "volume", record.volume());
        line(text, "incarnation", record.incarnation());
        line(text, "epoch", record.epoch().number(), record.epoch().mint());
        line(text, "primary", record.primary().map(HostNode::name).orElse("-"));
        line(text, "configuration", record.configuration());
        line(text, "least", record.leastInSync());
        for (VolumeRecord.Replica each : record.replicas()) {
            line(
                    text,
                    "replica",
                    each.id().name(),
                    each.host(),
                    each.endpoint().map(EndpointText::write).orElse("-"),
                    each.store().map(store -> store.id().value()).orElse("-"),
                    each.store().map(store -> Long.toString(store.openCount())).orElse("-"),
                    record.inSync().contains(each.id()) ? "in" : "out");
        }
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    private static void line(StringBuilder text, Object... fields) {
        for (int i = 0; i < fields.length; i++) {
            text.append(i == 0 ? "" : " ").append(fields[i]);
        }
        text.append('\n');
    }

    /**
     * Reads a record.
     *
     * @param where names the bytes in an error
     * @param bytes what was stored
     * @return the record whose one text this is
     * @throws CorruptException for any other bytes, naming the first byte of the line that is not right
     */
    public static VolumeRecord decode(String where, byte[] bytes) throws CorruptException {
        if (bytes.length > MAX_BYTES) {
            throw new CorruptException(
                    "volume record has " + bytes.length + " bytes, at most " + MAX_BYTES + " are allowed",
                    where,
                    MAX_BYTES);
        }
        Lines lines = new Lines(where, new String(bytes, StandardCharsets.ISO_8859_1));
        VolumeRecord record;
        try {
            record = read(lines);
        } catch (IllegalArgumentException wrong) {
            throw lines.corrupt(String.valueOf(wrong.getMessage()));
        }
        int same = Arrays.mismatch(encode(record), bytes);
        if (same >= 0) {
            throw new CorruptException("volume record is not written the one way it must be", where, same);
        }
        return record;
    }

    private static VolumeRecord read(Lines lines) throws CorruptException {
        String format = lines.next(MAGIC, 1)[0];
        if (!format.equals(Integer.toString(FORMAT))) {
            throw lines.corrupt("volume record has format " + format + ", this version reads format " + FORMAT
                    + " only: run a newer version here");
        }
        VolumeId volume = new VolumeId(lines.next("volume", 1)[0]);
        Incarnation incarnation = new Incarnation(lines.next("incarnation", 1)[0]);
        String[] term = lines.next("epoch", 2);
        Epoch epoch = new Epoch(Long.parseLong(term[0]), new MintId(term[1]));
        String node = lines.next("primary", 1)[0];
        Optional<HostNode> primary = HostNode.parse(node);
        if (primary.isEmpty() && !node.equals("-")) {
            throw lines.corrupt("'" + node + "' is no host node");
        }
        long configuration = Long.parseLong(lines.next("configuration", 1)[0]);
        int least = Integer.parseInt(lines.next("least", 1)[0]);
        List<VolumeRecord.Replica> replicas = new ArrayList<>();
        Set<ReplicaId> inSync = new HashSet<>();
        while (lines.more()) {
            String[] fields = lines.next("replica", REPLICA_FIELDS);
            ReplicaId id = new ReplicaId(volume, fields[0]);
            Optional<StoreIdentity> store = fields[3].equals("-")
                    ? Optional.empty()
                    : Optional.of(new StoreIdentity(new StoreId(fields[3]), Long.parseLong(fields[4])));
            replicas.add(new VolumeRecord.Replica(
                    id,
                    new HostId(fields[1]),
                    fields[2].equals("-") ? Optional.empty() : Optional.of(EndpointText.read(fields[2])),
                    store));
            if (fields[5].equals("in")) {
                inSync.add(id);
            }
        }
        return new VolumeRecord(volume, incarnation, epoch, primary, configuration, replicas, inSync, least);
    }

    /** Walks over the lines and knows where it is. */
    private static final class Lines {
        private final String where;
        private final String text;
        private int begin;
        private int end;

        Lines(String where, String text) {
            this.where = where;
            this.text = text;
        }

        boolean more() {
            return end < text.length();
        }

        String[] next(String key, int fields) throws CorruptException {
            begin = end;
            int stop = text.indexOf('\n', begin);
            if (stop < 0) {
                throw corrupt("volume record has no whole line '" + key + "' where it must be");
            }
            end = stop + 1;
            String[] parts = text.substring(begin, stop).split(" ", -1);
            if (!parts[0].equals(key) || parts.length != fields + 1) {
                throw corrupt("volume record must have a line '" + key + "' with " + fields + " fields here");
            }
            return Arrays.copyOfRange(parts, 1, parts.length);
        }

        CorruptException corrupt(String what) {
            return new CorruptException(what, where, begin);
        }
    }
}
