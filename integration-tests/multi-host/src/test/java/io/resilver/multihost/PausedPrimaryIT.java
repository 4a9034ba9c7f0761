package io.resilver.multihost;

import static io.resilver.host.cli.demo.HostProcess.verb;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.resilver.host.cli.control.Message;
import io.resilver.host.cli.control.Pattern;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.host.cli.demo.HostProcess;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A primary that is stopped for longer than its session, in the middle of writes, and wakes up. Real processes. */
class PausedPrimaryIT {
    private static final int PORTION = 1 << 20;
    private static final int BLOCK = 64 << 10;
    private static final long FIRST_SEED = 1;
    private static final long LOST_SEED = 2;
    private static final long NEXT_SEED = 3;
    private static final int MUCH = 256 << 20;
    private static final int READS = 16;
    private static final List<String> MEMBERS = List.of("b", "c");

    @TempDir
    Path directory;

    static IntStream rounds() {
        return Chaos.rounds(10);
    }

    @ParameterizedTest
    @MethodSource("rounds")
    @DisplayName(
            "R2, R31, R37, R39: a paused primary that wakes changes nothing, acknowledges nothing, and serves nothing stale,"
                    + " by its clock alone")
    void pausedAndAwake(int round) throws Exception {
        try (Hosts hosts = Hosts.withProxies(directory, Map.of("resilver.transport.idle-timeout-ms", "60000"))) {
            HostProcess a = hosts.startAll();
            long epoch = Hosts.epoch(a);
            a.ask(pattern(FIRST_SEED));

            // Writes go on and on. Then what is sent to the others stays on its way, and the writer is stopped with its
            // sockets full; whatever happens meanwhile, nothing tells it.
            CompletableFuture<Message> busy = a.send(pattern(LOST_SEED, MUCH));
            await().atMost(Hosts.PATIENCE)
                    .until(() -> a.ask(verb("status")).number("sizeBytes").orElse(0) > 4L * PORTION);
            hosts.beforeZooKeeper("a").cut();
            hosts.before("a").cut();
            for (String member : MEMBERS) {
                hosts.before(member).cutPresent();
            }
            await().atMost(Hosts.PATIENCE)
                    .until(() ->
                            MEMBERS.stream().allMatch(each -> hosts.before(each).held() > 0));
            a.signal("STOP");
            HostProcess next = hosts.leader(epoch, "b", "c");
            long taken = Hosts.epoch(next);
            next.ask(pattern(NEXT_SEED));
            await().during(Hosts.SESSION.multipliedBy(2))
                    .atMost(Hosts.PATIENCE)
                    .until(() -> Hosts.epoch(next) == taken);
            assertThat(read(next)).isEqualTo(sha256(NEXT_SEED));

            // Asked while it sleeps: these are the first things that it sees.
            List<CompletableFuture<Message>> reads = new ArrayList<>();
            for (int i = 0; i < READS; i++) {
                reads.add(a.send(read().put("patienceMs", 0)));
            }
            CompletableFuture<Message> status = a.send(verb("status"));
            a.signal("CONT");
            assertThat(status.join().number("epoch"))
                    .as("it still takes itself for the primary")
                    .hasValue(epoch);
            assertThat(reads)
                    .allSatisfy(each -> assertThat(each.join().flag("ok"))
                            .as("a read is answered by who led before: " + each.join())
                            .isFalse());
            assertThat(status.join().flag("servesReads")).isFalse();

            // Now what was on its way arrives, and the news with it.
            for (String each : Hosts.NAMES) {
                hosts.before(each).pass();
            }
            hosts.beforeZooKeeper("a").pass();
            assertThat(busy.join().flag("ok")).as("it acknowledges something").isFalse();
            await().atMost(Hosts.PATIENCE)
                    .until(() -> MEMBERS.stream()
                            .flatMap(each -> hosts.host(each).events(0, "TokenRefused").stream())
                            .anyMatch(each -> each.number("epoch").orElse(0) == epoch));
            assertThat(read(next)).isEqualTo(sha256(NEXT_SEED));

            hosts.joined(next, "a,b,c");
            assertThat(Hosts.epoch(next)).as("the term that took over goes on").isEqualTo(taken);
            hosts.sameImages(next);
            assertThat(read(next)).isEqualTo(sha256(NEXT_SEED));
            hosts.oneWriterAtATime();
        }
    }

    private static Message.Builder pattern(long seed) {
        return pattern(seed, PORTION);
    }

    private static Message.Builder pattern(long seed, long bytes) {
        return verb("write-pattern")
                .put("seed", seed)
                .put("from", 0)
                .put("to", bytes)
                .put("at", 0)
                .put("block", BLOCK);
    }

    private static Message.Builder read() {
        return verb("read-hash").put("from", 0).put("to", PORTION);
    }

    private static String read(HostProcess host) throws DemoException {
        return host.ask(read()).text("sha256").orElseThrow();
    }

    private static String sha256(long seed) throws Exception {
        ByteBuffer all = ByteBuffer.allocate(PORTION);
        new Pattern(seed).fill(0, all);
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(all.array()));
    }
}
