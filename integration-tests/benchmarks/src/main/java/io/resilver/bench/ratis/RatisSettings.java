package io.resilver.bench.ratis;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys;

/**
 * How Ratis is set up, for entries of one size: long messages, no waiting between them nor before a follower that was away is
 * tried again, forces as far apart as on the other side of the comparison, no snapshot, and nothing in the log but the entries.
 * What is not here is as Ratis has it.
 */
final class RatisSettings {
    /**
     * Room for three segments of the log and the messages that are on their way, several times over. Small entries take many
     * times their bytes.
     */
    private static final List<String> JVM = List.of(
            "-Xmx3g",
            "-XX:MaxDirectMemorySize=512m",
            "-Dlogback.configurationFile=io/resilver/bench/ratis/logback.xml");

    /** The fastest for large entries. */
    private static final List<String> PARALLEL = List.of("-XX:+UseParallelGC");

    /**
     * For small ones. A collection that outlasts an election's timeout costs the leader its office, and Parallel GC took 1.2 s with
     * half a million of them, in every attempt.
     */
    private static final List<String> SHORT_PAUSES = List.of("-XX:+UseG1GC", "-XX:MaxGCPauseMillis=100");

    /** From here on entries are large. */
    private static final int LARGE_ENTRY_BYTES = 1_024;

    private static final int MIB = 1 << 20;

    /** How many bytes may be written and not forced: as many as on the other side of the comparison. */
    private static final int FORCE_EVERY = 4 * MIB;

    private static final String FORCE_SYNC_NUM_KEY = RaftServerConfigKeys.Log.FORCE_SYNC_NUM_KEY;

    private static final Map<String, String> TUNED = Map.ofEntries(
            Map.entry(RaftServerConfigKeys.Rpc.TIMEOUT_MIN_KEY, "300ms"),
            Map.entry(RaftServerConfigKeys.Rpc.TIMEOUT_MAX_KEY, "600ms"),
            Map.entry(RaftServerConfigKeys.Log.SEGMENT_SIZE_MAX_KEY, "64MB"),
            Map.entry(RaftServerConfigKeys.Log.SEGMENT_CACHE_NUM_MAX_KEY, "3"),
            Map.entry(RaftServerConfigKeys.Log.PREALLOCATED_SIZE_KEY, "4MB"),
            Map.entry(RaftServerConfigKeys.Log.WRITE_BUFFER_SIZE_KEY, "17MB"),
            Map.entry(RaftServerConfigKeys.Log.QUEUE_ELEMENT_LIMIT_KEY, "262144"),
            Map.entry(RaftServerConfigKeys.Log.LOG_METADATA_ENABLED_KEY, "false"),
            Map.entry(RaftServerConfigKeys.Log.Appender.BUFFER_BYTE_LIMIT_KEY, "4MB"),
            Map.entry(RaftServerConfigKeys.Log.Appender.WAIT_TIME_MIN_KEY, "0us"),
            Map.entry(RaftServerConfigKeys.Log.Appender.RETRY_POLICY_KEY, "20ms,1000000"),
            Map.entry(RaftServerConfigKeys.Write.ELEMENT_LIMIT_KEY, "65536"),
            Map.entry(RaftServerConfigKeys.RetryCache.EXPIRY_TIME_KEY, "2s"),
            Map.entry(RaftServerConfigKeys.Snapshot.TRIGGER_WHEN_STOP_ENABLED_KEY, "false"),
            Map.entry(GrpcConfigKeys.Server.LEADER_OUTSTANDING_APPENDS_MAX_KEY, "8"),
            Map.entry(GrpcConfigKeys.FLOW_CONTROL_WINDOW_KEY, "16MB"));

    private RatisSettings() {}

    /**
     * Properties of a server.
     *
     * @param directory its own, for its log
     * @param port where it listens
     * @param entryBytes how long an entry is
     */
    static RaftProperties properties(Path directory, int port, int entryBytes) {
        RaftProperties properties = new RaftProperties();
        tuned(entryBytes).forEach(properties::set);
        RaftServerConfigKeys.setStorageDir(properties, List.of(directory.toFile()));
        GrpcConfigKeys.Server.setPort(properties, port);
        return properties;
    }

    /**
     * A server's JVM.
     *
     * @param entryBytes how long an entry is
     */
    static List<String> jvm(int entryBytes) {
        return Stream.concat((entryBytes < LARGE_ENTRY_BYTES ? SHORT_PAUSES : PARALLEL).stream(), JVM.stream())
                .toList();
    }

    private static Map<String, String> tuned(int entryBytes) {
        Map<String, String> all = new TreeMap<>(TUNED);
        all.put(FORCE_SYNC_NUM_KEY, Integer.toString(FORCE_EVERY / entryBytes));
        return all;
    }

    /** For people: what is set, and what that forces. */
    static List<String> lines(int entryBytes) {
        List<String> set = new ArrayList<>();
        new TreeMap<>(TUNED).forEach((key, value) -> set.add(key + "=" + value));
        return List.of(
                "Apache Ratis 3.2.0, gRPC: 3 members in a process each on loopback, "
                        + String.join(" ", jvm(entryBytes))
                        + "; one leads, one"
                        + " is restarted within its running process, one lets the leader commit and is idle meanwhile",
                "Ratis has, besides its defaults: " + String.join(", ", set) + ", " + FORCE_SYNC_NUM_KEY + "="
                        + FORCE_EVERY + " / bytes of an entry",
                "Ratis forces the follower's log (fdatasync) every 4 MiB of entries, and sooner where no more wait to be written;"
                        + " a follower has caught up when RaftLog.getFlushIndex, which follows a force that has ended, is at the"
                        + " leader's last entry, asked every 0.5 ms",
                "Ratis' async-flush and unsafe-flush are off: with them that index passes entries which were written and are not"
                        + " forced",
                "Ratis' first entry is received when its whole message has been, and its state machine is asked to begin its"
                        + " transaction; the state machine keeps a CRC32C of all entries and forces nothing");
    }
}
