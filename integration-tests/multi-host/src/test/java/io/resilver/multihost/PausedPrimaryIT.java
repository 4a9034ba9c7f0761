package io.resilver.multihost;

import static io.resilver.host.cli.demo.HostProcess.verb;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.resilver.host.cli.control.Message;
import io.resilver.host.cli.control.Pattern;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.host.cli.demo.HostProcess;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A primary that is stopped for longer than its session, in the middle of writes, and wakes up. Real processes. */
class PausedPrimaryIT {
    private static final int PORTION = 1 << 20;
    private static final int BLOCK = 64 << 10;
    private static final long FIRST_SEED = 1;
    private static final long LOST_SEED = 2;
    private static final long NEXT_SEED = 3;
    private static final int MUCH = 256 << 20;

    @TempDir
    Path directory;

    @Test
    @DisplayName(
            "R2, R31, R37, R39: a paused primary that wakes changes nothing, acknowledges nothing, and serves nothing stale")
    void pausedAndAwake() throws Exception {
        try (Hosts hosts = new Hosts(directory)) {
            HostProcess a = hosts.start("a", "--create-volume");
            hosts.start("b");
            hosts.start("c");
            hosts.leader(0, "a");
            hosts.joined(a, "a,b,c");
            long epoch = Hosts.epoch(a);
            a.ask(pattern(FIRST_SEED));

            // Writes go on and on, and are stopped somewhere: in the log, in the socket, on their way into the other
            // stores.
            CompletableFuture<Message> busy = CompletableFuture.supplyAsync(() -> asked(a, pattern(LOST_SEED, MUCH)));
            await().atMost(Hosts.PATIENCE)
                    .until(() -> a.ask(verb("status")).number("sizeBytes").orElse(0) > 4L * PORTION);
            a.signal("STOP");
            HostProcess next = hosts.leader(epoch, "b", "c");
            long taken = Hosts.epoch(next);
            next.ask(pattern(NEXT_SEED));
            assertThat(read(next)).isEqualTo(sha256(NEXT_SEED));

            // Asked while it sleeps, so that this is among the first things that it sees.
            CompletableFuture<String> stale = CompletableFuture.supplyAsync(() -> {
                try {
                    return read(a);
                } catch (DemoException refused) {
                    throw new CompletionException(refused);
                }
            });
            a.signal("CONT");
            assertThatThrownBy(stale::join)
                    .as("nothing is read from who led before")
                    .isInstanceOf(CompletionException.class);
            assertThatThrownBy(busy::join).as("nothing is acknowledged by it").isInstanceOf(CompletionException.class);
            assertThat(read(next)).isEqualTo(sha256(NEXT_SEED));

            hosts.joined(next, "a,b,c");
            assertThat(Hosts.epoch(next)).as("the term that took over goes on").isEqualTo(taken);
            long committed = next.ask(verb("status")).number("committedLsn").orElseThrow();
            String image = hosts.image(next.name(), committed);
            for (String name : Hosts.NAMES) {
                assertThat(hosts.image(name, committed)).as("image of " + name).isEqualTo(image);
            }
            assertThat(read(next)).isEqualTo(sha256(NEXT_SEED));
        }
    }

    private static Message asked(HostProcess host, Message.Builder request) {
        try {
            return host.ask(request);
        } catch (DemoException e) {
            throw new CompletionException(e);
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

    private static String read(HostProcess host) throws DemoException {
        return host.ask(verb("read-hash").put("from", 0).put("to", PORTION))
                .text("sha256")
                .orElseThrow();
    }

    private static String sha256(long seed) throws Exception {
        ByteBuffer all = ByteBuffer.allocate(PORTION);
        new Pattern(seed).fill(0, all);
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(all.array()));
    }
}
