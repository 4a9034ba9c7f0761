package io.resilver.multihost;

import static io.resilver.host.cli.demo.HostProcess.verb;

import io.resilver.host.cli.control.Message;
import io.resilver.host.cli.control.Pattern;
import io.resilver.host.cli.demo.DemoException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** A client that writes one block after the other and knows which were acknowledged. One writing thread at a time. */
final class Ledger {
    static final int BLOCK = 4 << 10;
    private static final long SEED = 7;

    /** Blocks that are read as one, and one by one only where something is wrong. */
    private static final int PORTION = 256;

    private final AtomicInteger acknowledged = new AtomicInteger();

    /** Who serves the volume, for a client. */
    @FunctionalInterface
    interface Server {
        /** Does what is asked, or says that it was refused, or that no answer came. */
        Message ask(Message.Builder request) throws DemoException;
    }

    /** Writing that goes on by itself. */
    final class Load implements AutoCloseable {
        private final AtomicBoolean enough = new AtomicBoolean();
        private final CompletableFuture<Optional<DemoException>> end;

        private Load(Server server) {
            end = CompletableFuture.supplyAsync(() -> {
                try {
                    while (!enough.get()) {
                        writeOne(server);
                    }
                    return Optional.empty();
                } catch (DemoException refused) {
                    return Optional.of(refused);
                }
            });
        }

        /** Ends it, and says whether a write was refused, or not answered. */
        Optional<DemoException> end() {
            enough.set(true);
            return end.join();
        }

        /** The same, when it ends by itself. */
        Optional<DemoException> refused() {
            return end.join();
        }

        @Override
        public void close() {
            end();
        }
    }

    /** Blocks that were acknowledged. */
    int acknowledged() {
        return acknowledged.get();
    }

    /** Writes the next block; counts only if the answer came. */
    void writeOne(Server server) throws DemoException {
        write(server, 1);
    }

    /** Writes the next blocks as one request. */
    void write(Server server, int blocks) throws DemoException {
        server.ask(next(blocks));
        acknowledged.addAndGet(blocks);
    }

    /** The request that writes the next block, for who sends it himself and says what became of it. */
    Message.Builder next() {
        return next(1);
    }

    /** The next block was acknowledged. */
    void acknowledgedNext() {
        acknowledged.incrementAndGet();
    }

    private Message.Builder next(int blocks) {
        long at = (long) acknowledged.get() * BLOCK;
        return verb("write-pattern")
                .put("seed", SEED)
                .put("from", at)
                .put("to", at + (long) blocks * BLOCK)
                .put("at", at)
                .put("block", BLOCK);
    }

    /** Whether a client reads the next block as it is to be written: it was sent, and is there before it was acknowledged. */
    boolean servesNext(Server server) throws Exception {
        int next = acknowledged.get();
        return isRight(server, next, next + 1);
    }

    /** Writes in another thread until it is told to end, or refused. */
    Load load(Server server) {
        return new Load(server);
    }

    /** The acknowledged blocks that a client reads otherwise than they were written. */
    List<Integer> wrong(Server server) throws Exception {
        List<Integer> wrong = new ArrayList<>();
        int all = acknowledged.get();
        for (int from = 0; from < all; from += PORTION) {
            int to = Math.min(all, from + PORTION);
            for (int block = from; block < to && !isRight(server, from, to); block++) {
                if (!isRight(server, block, block + 1)) {
                    wrong.add(block);
                }
            }
        }
        return wrong;
    }

    private static boolean isRight(Server server, int from, int to) throws Exception {
        long start = (long) from * BLOCK;
        ByteBuffer expected = ByteBuffer.allocate((to - from) * BLOCK);
        new Pattern(SEED).fill(start, expected);
        Message read = server.ask(verb("read-hash").put("from", start).put("to", start + expected.capacity()));
        return read.text("sha256")
                .orElseThrow()
                .equals(HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(expected.array())));
    }
}
