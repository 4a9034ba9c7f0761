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
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
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
    private static final int SOME = 20;

    /** Where the patterns lie: what a client is told to be written one by one lies before them, and stays. */
    private static final long AT = 16L << 20;

    /** More than any one frame but data: a socket that keeps so much is full, not slow. */
    private static final long FULL = 16 << 10;

    /** Lines that say nothing for a while are kept: what is on its way over them is what the tests are about. */
    private static final Map<String, String> LONG_LINES = Map.of("resilver.transport.idle-timeout-ms", "60000");

    private static final List<String> MEMBERS = List.of("b", "c");

    @TempDir
    Path directory;

    static IntStream rounds() {
        return Chaos.rounds(10);
    }

    @ParameterizedTest
    @MethodSource("rounds")
    @DisplayName(
            "R2, R31, R37, R39: a paused primary that wakes changes nothing, acknowledges nothing that its successor lacks, and"
                    + " serves nothing stale, by its clock alone")
    void pausedAndAwake(int round) throws Exception {
        try (Hosts hosts = Hosts.withProxies(directory, LONG_LINES)) {
            HostProcess a = hosts.startAll();
            long epoch = Hosts.epoch(a);
            a.ask(pattern(FIRST_SEED));
            Ledger ledger = new Ledger();
            ledger.write(a::ask, SOME);

            // Writes go on and on: much at a time, and one after the other. Then what is sent to the others stays on
            // its way, and the writer is stopped with its sockets full.
            CompletableFuture<Message> busy = a.send(pattern(LOST_SEED, MUCH));
            Ledger.Load load = ledger.load(a::ask);
            await().atMost(Hosts.PATIENCE)
                    .until(() -> a.ask(verb("status")).number("sizeBytes").orElse(0) > AT + 4L * PORTION
                            && ledger.acknowledged() > 2 * SOME);
            deafen(hosts, FaultProxy::cutPresent);
            await().atMost(Hosts.PATIENCE)
                    .until(() ->
                            MEMBERS.stream().allMatch(each -> hosts.before(each).backlog() >= FULL));
            Hosts.pause(a);
            HostProcess next = succeeded(hosts, epoch);
            int acknowledged = ledger.acknowledged();

            // One write was under way when the network was cut. It is acknowledged late where both members had it by
            // then and only their reports were kept back, and so where the successor has it, which is looked at before.
            int mostAcknowledged = acknowledged + (ledger.servesNext(next::ask) ? 1 : 0);

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
            Map<String, Integer> marks = new TreeMap<>();
            MEMBERS.forEach(each -> marks.put(each, hosts.host(each).mark()));
            for (String each : Hosts.NAMES) {
                hosts.before(each).pass();
            }
            for (String each : MEMBERS) {
                Message refused = hosts.host(each)
                        .await(
                                marks.get(each),
                                "TokenRefused",
                                event -> event.number("epoch").orElse(0) == epoch,
                                Hosts.PATIENCE);
                assertThat(refused.text("replica")).hasValue(each);
            }
            hosts.beforeZooKeeper("a").pass();
            assertThat(busy.join().flag("ok")).as("it acknowledges something").isFalse();
            assertThat(load.refused()).as("the write that it was busy with").isPresent();
            assertThat(ledger.acknowledged())
                    .as("what it acknowledges once it is awake")
                    .isBetween(acknowledged, mostAcknowledged);
            afterwards(hosts, epoch, ledger);
        }
    }

    @ParameterizedTest
    @MethodSource("rounds")
    @DisplayName(
            "R30, R37: a write whose reports reach a paused primary after it was succeeded is acknowledged late, and its"
                    + " successor has it")
    void acknowledgedLate(int round) throws Exception {
        try (Hosts hosts = Hosts.withProxies(directory, LONG_LINES)) {
            HostProcess a = hosts.startAll();
            long epoch = Hosts.epoch(a);
            a.ask(pattern(FIRST_SEED));
            Ledger ledger = new Ledger();
            ledger.write(a::ask, SOME);

            // Nothing is under way. From now on the members hear the primary, and it does not hear them.
            long before = lsn(a, "durableLsn");
            deafen(hosts, FaultProxy::cutPresentBackward);
            CompletableFuture<Message> late = a.send(ledger.next());
            for (String each : MEMBERS) {
                await().atMost(Hosts.PATIENCE)
                        .until(() -> lsn(hosts.host(each), "durableLsn") > before
                                && hosts.before(each).backlog() > 0);
            }

            // It is stopped, and their reports reach its sockets: those, and no news of what comes afterwards.
            Hosts.pause(a);
            MEMBERS.forEach(each -> hosts.before(each).pass());
            await().atMost(Hosts.PATIENCE)
                    .until(() ->
                            MEMBERS.stream().allMatch(each -> hosts.before(each).backlog() == 0));
            MEMBERS.forEach(each -> hosts.before(each).cutPresentBackward());
            HostProcess next = succeeded(hosts, epoch);
            assertThat(late).as("the write that both members have").isNotDone();
            assertThat(ledger.servesNext(next::ask)).as("the successor has it").isTrue();

            a.signal("CONT");
            assertThat(late.join().flag("ok"))
                    .as("acknowledged: " + late.join())
                    .isTrue();
            ledger.acknowledgedNext();
            MEMBERS.forEach(each -> hosts.before(each).pass());
            hosts.before("a").pass();
            hosts.beforeZooKeeper("a").pass();
            afterwards(hosts, epoch, ledger);
        }
    }

    /** Whatever happens from now on, nothing tells the primary; its lines to the members are cut as is said. */
    private static void deafen(Hosts hosts, Consumer<FaultProxy> cut) {
        hosts.beforeZooKeeper("a").cut();
        hosts.before("a").cut();
        MEMBERS.forEach(each -> cut.accept(hosts.before(each)));
    }

    /** The primary has been stopped for longer than its session, and the next one writes; answers who leads then. */
    private static HostProcess succeeded(Hosts hosts, long epoch) throws Exception {
        long stopped = System.nanoTime();
        hosts.leader(epoch, "b", "c").ask(pattern(NEXT_SEED));
        await().atMost(Hosts.PATIENCE)
                .until(() -> System.nanoTime() - stopped
                        > Hosts.SESSION.multipliedBy(2).toNanos());
        HostProcess next = hosts.leader(epoch, "b", "c");
        assertThat(read(next)).isEqualTo(sha256(NEXT_SEED));
        return next;
    }

    /** Once all are heard again, whoever leads has what was acknowledged by both. */
    private static void afterwards(Hosts hosts, long epoch, Ledger ledger) throws Exception {
        HostProcess last = hosts.leader(epoch, "a", "b", "c");
        assertThat(read(last)).isEqualTo(sha256(NEXT_SEED));
        hosts.nothingIsLost(last, ledger);
        assertThat(read(last)).isEqualTo(sha256(NEXT_SEED));
    }

    private static long lsn(HostProcess host, String which) throws DemoException {
        return host.ask(verb("status")).number(which).orElseThrow();
    }

    private static Message.Builder pattern(long seed) {
        return pattern(seed, PORTION);
    }

    private static Message.Builder pattern(long seed, long bytes) {
        return verb("write-pattern")
                .put("seed", seed)
                .put("from", 0)
                .put("to", bytes)
                .put("at", AT)
                .put("block", BLOCK);
    }

    private static Message.Builder read() {
        return verb("read-hash").put("from", AT).put("to", AT + PORTION);
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
