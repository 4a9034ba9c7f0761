package io.resilver.host.cli.serve;

import io.resilver.host.cli.control.Message;
import io.resilver.host.cli.control.Pattern;
import io.resilver.host.product.ReplicatedVolume;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.error.RecoveryException;
import io.resilver.spi.error.RetriableException;
import io.resilver.spi.model.Incarnation;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/** What can be asked of a serving host. Thread safe: each verb may block, and several may run at a time. */
final class Verbs {
    private static final Set<String> ENVELOPE = Set.of("id", "verb");
    private static final Set<String> PATTERN = Set.of("seed", "from", "to", "at", "block");

    /** One write of a file: large enough that the cost of each does not show. */
    private static final int FILE_BLOCK = 256 << 10;

    private static final int LEAST_BLOCK = 1;
    private static final int GREATEST_BLOCK = 1 << 20;
    private static final int READ_BYTES = 1 << 20;

    /** Longer than a member that died takes to leave the set. */
    private static final Duration READ_PATIENCE = Duration.ofSeconds(10);

    private static final Duration READ_RETRY = Duration.ofMillis(20);

    private final ReplicatedVolume volume;
    private final PacedWriter paced;
    private final Map<String, Known> verbs;

    private interface Verb {
        Message.Builder answer(Message request) throws RecoveryException, IOException, Message.MalformedException;
    }

    private record Known(Set<String> fields, Verb verb) {}

    Verbs(ReplicatedVolume volume) {
        this.volume = volume;
        this.paced = new PacedWriter(volume);
        this.verbs = Map.ofEntries(
                verb("status", Set.of(), request -> status()),
                verb("write-file", Set.of("path", "from", "to", "at"), this::writeFile),
                verb("write-pattern", PATTERN, request -> pattern(request, true)),
                verb("append-only", PATTERN, request -> pattern(request, false)),
                verb("write-paced", PacedWriter.FIELDS, paced::write),
                verb("end-paced", Set.of(), request -> {
                    paced.end();
                    return Message.builder();
                }),
                verb("read-hash", Set.of("from", "to", "patienceMs"), this::readHash),
                verb(
                        "checkpoint",
                        Set.of(),
                        request -> Message.builder().put("lsn", volume.store().checkpoint())),
                verb("release-checkpoint", Set.of(), request -> {
                    volume.releaseCheckpoint();
                    return Message.builder();
                }),
                verb(
                        "trim",
                        Set.of("lsn"),
                        request -> Message.builder().put("tailLsn", volume.trimTo(request.requireSize("lsn")))),
                verb("throttle", Set.of("bytesPerSecond"), this::throttle),
                verb("permit", Set.of("who", "why"), this::permit),
                verb("delete", Set.of("incarnation"), this::delete));
    }

    private static Map.Entry<String, Known> verb(String name, Set<String> fields, Verb verb) {
        return Map.entry(name, new Known(fields, verb));
    }

    private Message.Builder permit(Message request) throws RecoveryException, Message.MalformedException {
        Leadership term = volume.leadUncleanly(request.requireText("who"), request.requireText("why"));
        return Message.builder().put("epoch", term.epoch().number());
    }

    private Message.Builder delete(Message request) throws RecoveryException, Message.MalformedException {
        Incarnation incarnation;
        try {
            incarnation = new Incarnation(request.requireText("incarnation"));
        } catch (IllegalArgumentException e) {
            throw malformed("field incarnation: " + e.getMessage());
        }
        volume.delete(incarnation);
        return Message.builder();
    }

    /**
     * Does what is asked.
     *
     * @throws Message.MalformedException when nothing was done because the request is wrong
     */
    Message.Builder answer(Message request) throws RecoveryException, IOException, Message.MalformedException {
        String verb = request.requireText("verb");
        Known known = verbs.get(verb);
        if (known == null) {
            throw malformed("verb '" + verb + "' is unknown: there are " + new TreeSet<>(verbs.keySet()));
        }
        for (String field : request.names()) {
            if (!ENVELOPE.contains(field) && !known.fields().contains(field)) {
                throw malformed(verb + " knows no field '" + field + "': it takes " + new TreeSet<>(known.fields()));
            }
        }
        return known.verb().answer(request);
    }

    private Message.Builder status() throws RecoveryException {
        Optional<Leadership> term = volume.term();
        Message.Builder status = Message.builder()
                .put("primary", term.isPresent())
                .put("incarnation", volume.store().incarnation().value())
                .put("appendedLsn", volume.store().appendedLsn())
                .put("durableLsn", volume.store().durableLsn())
                .put("sizeBytes", volume.store().size());
        if (term.isPresent()) {
            Leadership leading = term.get();
            status.put("epoch", leading.epoch().number())
                    .put("committedLsn", leading.committedLsn())
                    .put("servesReads", leading.mayServeReads())
                    .put("inSync", names(leading));
        }
        return status;
    }

    /** The members that the driver counts, this host among them. */
    private String names(Leadership leading) {
        TreeSet<String> names = volume.status().replicas().stream()
                .filter(each -> each.inSync())
                .map(each -> each.replica().name())
                .collect(Collectors.toCollection(TreeSet::new));
        names.add(volume.store().replica().name());
        names.retainAll(leading.inSyncSet().stream().map(each -> each.name()).collect(Collectors.toSet()));
        return String.join(",", names);
    }

    private Message.Builder writeFile(Message request)
            throws RecoveryException, IOException, Message.MalformedException {
        Path path = Path.of(request.requireText("path"));
        try (FileChannel file = FileChannel.open(path)) {
            BulkWriter.Source source = (from, into) -> {
                while (into.hasRemaining()) {
                    if (file.read(into, from + into.position()) < 0) {
                        throw new EOFException(path + " ends at " + (from + into.position()));
                    }
                }
            };
            return written(request, source, true, FILE_BLOCK);
        }
    }

    private Message.Builder pattern(Message request, boolean awaitCommit)
            throws RecoveryException, IOException, Message.MalformedException {
        Pattern pattern = new Pattern(request.requireNumber("seed"));
        long block = request.requireNumber("block");
        if (block < LEAST_BLOCK || block > GREATEST_BLOCK) {
            throw malformed("field block is " + block + ", not " + LEAST_BLOCK + " to " + GREATEST_BLOCK);
        }
        return written(request, pattern::fill, awaitCommit, (int) block);
    }

    private Message.Builder written(Message request, BulkWriter.Source source, boolean awaitCommit, int block)
            throws RecoveryException, IOException, Message.MalformedException {
        long from = request.requireSize("from");
        long to = request.requireSize("to");
        Optional<Long> lsn =
                new BulkWriter(volume, awaitCommit).write(source, from, to, request.requireSize("at"), block);
        Message.Builder answer = Message.builder();
        lsn.ifPresent(last -> answer.put("lsn", last));
        return answer;
    }

    private Message.Builder readHash(Message request) throws RecoveryException, Message.MalformedException {
        long to = Math.min(request.requireSize("to"), volume.store().size());
        Duration patience = request.number("patienceMs").isPresent()
                ? Duration.ofMillis(request.requireSize("patienceMs"))
                : READ_PATIENCE;
        MessageDigest digest = sha256();
        ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES);
        long at = request.requireSize("from");
        while (at < to) {
            buffer.clear().limit((int) Math.min(READ_BYTES, to - at));
            int read = readAsClient(at, buffer, patience);
            if (read <= 0) {
                break;
            }
            digest.update(buffer.flip());
            at += read;
        }
        return Message.builder()
                .put("sha256", HexFormat.of().formatHex(digest.digest()))
                .put("endBytes", at);
    }

    /** Reads as a patient client: a member that answers late makes reads wait, not fail. */
    private int readAsClient(long at, ByteBuffer into, Duration patience) throws RecoveryException {
        long deadline = System.nanoTime() + patience.toNanos();
        int from = into.position();
        while (true) {
            try {
                return volume.read(at, into.position(from));
            } catch (RetriableException notNow) {
                if (System.nanoTime() - deadline > 0) {
                    throw notNow;
                }
                LockSupport.parkNanos(READ_RETRY.toNanos());
            }
        }
    }

    private Message.Builder throttle(Message request) throws Message.MalformedException {
        try {
            volume.rate().set(request.number("bytesPerSecond"));
        } catch (IllegalArgumentException e) {
            throw malformed("field bytesPerSecond: " + e.getMessage());
        }
        return Message.builder();
    }

    private static Message.MalformedException malformed(String why) {
        return new Message.MalformedException(why);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
