package io.resilver.multihost;

import static io.resilver.host.cli.demo.HostProcess.verb;

import io.resilver.host.cli.control.Pattern;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.host.cli.demo.HostProcess;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A client that writes one block after the other and knows which were acknowledged. One thread at a time. */
final class Ledger {
    static final int BLOCK = 32 << 10;
    private static final long SEED = 7;

    private final AtomicInteger acknowledged = new AtomicInteger();

    /** Blocks that were acknowledged. */
    int acknowledged() {
        return acknowledged.get();
    }

    /** Writes the next block; counts only if the answer came. */
    void writeOne(HostProcess primary) throws DemoException {
        write(primary, 1);
    }

    /** Writes the next blocks as one request. */
    void write(HostProcess primary, int blocks) throws DemoException {
        long at = (long) acknowledged.get() * BLOCK;
        primary.ask(verb("write-pattern")
                .put("seed", SEED)
                .put("from", at)
                .put("to", at + (long) blocks * BLOCK)
                .put("at", at)
                .put("block", BLOCK));
        acknowledged.addAndGet(blocks);
    }

    /** Writes until it is refused. */
    void writeUntilRefused(HostProcess primary) {
        try {
            while (true) {
                writeOne(primary);
            }
        } catch (DemoException refused) {
            return;
        }
    }

    /** The acknowledged blocks that a client reads otherwise than they were written. */
    List<Integer> wrong(HostProcess primary) throws Exception {
        List<Integer> wrong = new ArrayList<>();
        for (int block = 0; block < acknowledged.get(); block++) {
            long at = (long) block * BLOCK;
            String read = primary.ask(verb("read-hash").put("from", at).put("to", at + BLOCK))
                    .text("sha256")
                    .orElseThrow();
            if (!read.equals(expected(at))) {
                wrong.add(block);
            }
        }
        return wrong;
    }

    private static String expected(long at) throws Exception {
        ByteBuffer block = ByteBuffer.allocate(BLOCK);
        new Pattern(SEED).fill(at, block);
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(block.array()));
    }
}
